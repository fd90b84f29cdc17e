//! The server does what `docs/openapi.json` says, and nothing else: schemathesis calls it with valid and invalid requests, as
//! anybody and as a reviewer.

use std::process::Command;

use crate::{
    drivers::{
        processes::required_path,
        tus_client::{Connection, Upload},
    },
    fixtures::{seeded_rng::SeededRng, server_cluster::ServerCluster},
};

/// The number of generated requests per operation, beside those that follow from its description.
const EXAMPLES: &str = "25";
/// A fixed seed gives the same requests each time.
const SEED: &str = "1";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
    response_schema_conformance,unsupported_method,ignored_auth";

#[test]
fn the_server_conforms_to_its_openapi_description_and_never_fails() {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = ServerCluster::of_one(&mut rng);
    let _server = cluster.start(0);
    let mut upload = Upload::new(cluster.sealed_file(32 * 1024, &mut rng));
    let mut connection = Connection::open(cluster.addresses[0], 1).expect("it serves");
    upload.create(&mut connection, upload.bytes.len()).expect("the server answers");
    assert!(upload.is_acknowledged());

    let origin = format!("http://{}", cluster.addresses[0]);
    let source = env!("CARGO_MANIFEST_DIR").trim_end_matches("tests");
    let asked = Command::new(required_path("AMANAT_SCHEMATHESIS"))
        .current_dir(cluster.sibling(""))
        .env("SCHEMATHESIS_HOOKS", "openapi_hooks")
        .env("PYTHONPATH", format!("{source}/tests/drivers/third_party"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // The hooks use Python's hash of a text, which this makes the same in each run.
        .env("PYTHONHASHSEED", SEED)
        .env("AMANAT_ACCESS_KEY", cluster.access_key())
        .env("AMANAT_ORIGIN", &origin)
        .env("AMANAT_SHA256", upload.sha256())
        .args([
            "-m",
            "schemathesis.cli",
            "run",
            &format!("{source}/docs/openapi.json"),
            "--url",
            &origin,
            "--max-examples",
            EXAMPLES,
            "--seed",
            SEED,
        ])
        .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--generation-database", "none", "--no-color"])
        .output()
        .expect("schemathesis runs");
    let said = String::from_utf8_lossy(&asked.stdout);
    assert!(asked.status.success(), "{said}\n{}", String::from_utf8_lossy(&asked.stderr));
    assert!(said.contains("Tested: 21"), "{said}");
    // The reviewer's requests were admitted; otherwise nothing behind the authentication was tested.
    assert!(!said.contains("Authentication failed") && !said.contains("Missing test data"), "{said}");
    assert_eq!(cluster.pull(0).len(), 1);
}
