//! A real `PgBouncer` in front of `PostgreSQL`.

use std::{fs, net::TcpStream, process::Command, sync::Arc};

use tempfile::TempDir;

use crate::{
    drivers::{
        concurrent_clients::{Acknowledged, StoreDifferences, find},
        processes::{BackgroundProcess, required_path, wait_for},
        tus_client::{Connection, Upload},
    },
    fixtures::{postgres::Postgres, seeded_rng::SeededRng, server_cluster::ServerCluster},
};

const REGISTRATIONS: usize = 200;
const BUCKET_BYTES: usize = 32 * 1024;

struct Pooler {
    _service: BackgroundProcess,
    _folder: TempDir,
    port: u16,
}

impl Pooler {
    /// Starts a pooler in this mode, with these further settings.
    fn start(postgres: &Postgres, mode: &str, settings: &str, rng: &mut SeededRng) -> Self {
        let folder = tempfile::Builder::new().prefix("amanat-pooler-").tempdir().expect("a folder for the pooler");
        let port = u16::try_from(rng.in_range(10_000..32_000)).expect("a port");
        let config = folder.path().join("pgbouncer.ini");
        let user = if postgres.is_root() { "user = postgres\n" } else { "" };
        let text = format!(
            "[databases]\npostgres = host={} user=amanat\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = {mode}\nmax_client_conn = 200\ndefault_pool_size = 40\n{user}{settings}\n",
            postgres.folder().display()
        );
        fs::write(&config, text).expect("it is written");
        // As root, `PgBouncer` becomes this user, who also owns `PostgreSQL` and its socket.
        let service = BackgroundProcess::start(Command::new(required_path("AMANAT_PGBOUNCER")).arg(&config));
        wait_for("the pooler", || TcpStream::connect(("127.0.0.1", port)).ok());
        Self { _service: service, _folder: folder, port }
    }

    fn url(&self) -> String {
        format!("postgres://amanat@127.0.0.1:{}/postgres", self.port)
    }
}

#[test]
fn a_pooler_in_transaction_or_statement_mode_is_refused_by_name_before_anything_is_written() {
    let mut rng = SeededRng::from_env_or_random();
    let postgres = Postgres::start();
    for (mode, settings) in [
        ("transaction", ""),
        ("transaction", "ignore_startup_parameters = extra_float_digits"),
        ("transaction", "ignore_startup_parameters = extra_float_digits\nserver_round_robin = 1\nmin_pool_size = 5"),
        ("transaction", "ignore_startup_parameters = extra_float_digits\ndefault_pool_size = 1"),
        ("statement", "ignore_startup_parameters = extra_float_digits"),
    ] {
        let pooler = Pooler::start(&postgres, mode, settings, &mut rng);
        let cluster = ServerCluster::of_several(2, &pooler.url(), &mut rng);
        for server in 0..2 {
            let output = cluster.command(server).output().expect("it runs");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && said.contains("PgBouncer"), "{mode} {settings}: {said}");
            assert!(said.contains("pool_mode = session"), "{said}");
        }
    }
    let tables = postgres.query("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'");
    assert_eq!(tables, "0");
}

#[test]
fn two_servers_behind_a_pooler_in_session_mode_lose_nothing() {
    let mut rng = SeededRng::from_env_or_random();
    let postgres = Postgres::start();
    let pooler = Pooler::start(&postgres, "session", "ignore_startup_parameters = extra_float_digits", &mut rng);
    let cluster = Arc::new(ServerCluster::of_several(2, &pooler.url(), &mut rng));
    let _servers = [cluster.start(0), cluster.start(1)];
    let mut connections: Vec<Connection> =
        cluster.addresses.iter().map(|&address| Connection::open(address, 1).expect("a server is there")).collect();
    let mut acknowledged = Vec::new();
    for number in 0..REGISTRATIONS {
        let mut upload = Upload::new(cluster.sealed_file(BUCKET_BYTES, &mut rng));
        let whole = upload.bytes.len();
        upload.create(&mut connections[number % 2], whole).expect("an answer");
        assert!(upload.is_acknowledged(), "{number}");
        acknowledged.push(Acknowledged::of(&upload));
    }
    let found = find(&acknowledged, &cluster, 1);
    assert!(matches!(found, StoreDifferences { lost: 0, unknown: 0, retracted: 0 }), "{found:?}");
}
