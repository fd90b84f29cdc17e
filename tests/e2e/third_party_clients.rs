//! Third-party clients, tus-js-client and tuspy, send like the phone: each is cut off in the middle, and resumes.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Output},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::hex;
use crate::{
    drivers::{http::request, processes::required_path, proof_of_work, tus_client::Upload},
    fixtures::{fault_proxy::Fault, seeded_rng::SeededRng, server_cluster::ServerCluster},
};

const BUCKET_BYTES: usize = 3 << 20;
const CUT_AFTER: usize = 1_500_000;
/// A client that was cut off exits with this status.
const INTERRUPTED: i32 = 3;

#[test]
fn tus_js_client_resumes_an_upload() {
    assert_resumes(|cluster, endpoint, file, work| {
        let metadata = format!("delete_proof_sha256 {},{}", STANDARD.encode(delete_proof()), work.metadata);
        let mut node = Command::new("node");
        node.arg("tests/drivers/third_party/tus-js-client/send.js")
            .arg(required_path("AMANAT_TUS_JS_CLIENT"))
            .arg(endpoint)
            .arg(file);
        node.arg(cluster.sibling("tus-js-client.json")).arg(metadata).arg(&work.proof);
        node
    });
}

#[test]
fn tuspy_resumes_an_upload_and_sends_checksums_where_the_server_supports_them() {
    assert_resumes(|cluster, endpoint, file, work| {
        let options = request("OPTIONS", endpoint, &[], &[]);
        let extensions = options.header("tus-extension").expect("tus has it in this answer");
        let checksum = if extensions.split(',').any(|extension| extension == "checksum") { "checksum" } else { "none" };
        eprintln!("tuspy sends: {checksum}");
        let mut python = Command::new(required_path("AMANAT_TUSPY"));
        python.arg("tests/drivers/third_party/send.py").arg(endpoint).arg(file);
        python.arg(cluster.sibling("tuspy.json")).arg(hex(&delete_proof())).arg(checksum).arg(&work.proof);
        python
    });
}

fn delete_proof() -> [u8; 32] {
    Sha256::digest([0x11; 32]).into()
}

/// The proof of work with which a client creates an upload.
struct Work {
    /// The value of `Proof-Of-Work`.
    proof: String,
    /// The part of the metadata that binds the proof to the file.
    metadata: String,
}

impl Work {
    fn of(cluster: &ServerCluster, file: &[u8]) -> Self {
        let options = request("OPTIONS", &format!("http://{}/api/v1/uploads", cluster.addresses[0]), &[], &[]);
        let asked = options.header(proof_of_work::HEADER).expect("the server says what to bring");
        Self { proof: proof_of_work::solve(asked, file), metadata: proof_of_work::metadata(file) }
    }
}

/// The network breaks in the middle of a file, and the client ends; started again, it sends the rest.
fn assert_resumes(client: impl Fn(&ServerCluster, &str, &Path, &Work) -> Command) {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = ServerCluster::with_network_faults([Fault::DisconnectAfter(CUT_AFTER)], &mut rng);
    let _server = cluster.start_as(0, cluster.command(0).env("AMANAT_LIMITS__PROOF_OF_WORK_BITS", "4"));
    let endpoint = format!("{}/api/v1/uploads", cluster.proxy.origin);
    let upload = Upload::new(cluster.sealed_file(BUCKET_BYTES, &mut rng));
    let file = cluster.sibling("sealed.age");
    fs::write(&file, &upload.bytes).expect("it is written");

    let client = || client(&cluster, &endpoint, &file, &Work::of(&cluster, &upload.bytes));
    let first = said(&mut client());
    assert_eq!(first.status.code(), Some(INTERRUPTED), "{first:?}");
    assert_eq!(cluster.proxy.faults_left(), 0);
    assert_eq!(cluster.pull(0), BTreeSet::new(), "it was said to be there before it was");
    let second = said(&mut client());
    assert!(second.status.success(), "{second:?}");
    assert_eq!(cluster.pull(0), BTreeSet::from([upload.sha256()]));

    let sent = cluster.proxy.sent().len();
    assert!(sent < upload.bytes.len() + CUT_AFTER, "it began from the start: {sent} bytes for {}", upload.bytes.len());
}

fn said(command: &mut Command) -> Output {
    command
        .current_dir(env!("CARGO_MANIFEST_DIR").trim_end_matches("tests"))
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}
