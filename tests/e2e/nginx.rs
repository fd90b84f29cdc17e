//! The server behind a real nginx with `packaging/nginx.conf`: sealed files pass through, and nginx keeps nothing.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::hex;
use crate::{
    drivers::{
        processes::{BackgroundProcess, files_in, free_port, required_path, run, wait_for},
        tus_client::Upload,
    },
    fixtures::{seeded_rng::SeededRng, server_cluster::ServerCluster},
};

const NAME: &str = "form.example.org";
const PLANTED: &str = "PLANTED-IN-A-REQUEST";

/// nginx in front of a server, and requests through it.
struct Proxied {
    nginx: BackgroundProcess,
    folder: PathBuf,
    port: u16,
}

impl Proxied {
    fn before(cluster: &ServerCluster) -> Self {
        let folder = cluster.sibling("nginx");
        fs::create_dir_all(folder.join("kept")).expect("a folder in ours");
        let pair = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
        fs::write(folder.join("cert.pem"), pair.cert.pem()).expect("it is written");
        fs::write(folder.join("key.pem"), pair.signing_key.serialize_pem()).expect("it is written");
        let (port, plain_port) = (free_port(), free_port());
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/nginx.conf");
        let mut config = fs::read_to_string(source).expect("the example is there");
        let kept = ["client_body", "proxy", "fastcgi", "scgi", "uwsgi"]
            .map(|kind| format!("    {kind}_temp_path {}/kept/{kind};\n", folder.display()))
            .concat();
        for (from, to) in [
            ("http {\n", format!("http {{\n{kept}")),
            ("        listen [::]:443 ssl default_server;\n", String::new()),
            ("        listen [::]:443 ssl;\n", String::new()),
            ("        listen [::]:80 default_server;\n", String::new()),
            ("listen 443 ssl", format!("listen 127.0.0.1:{port} ssl")),
            ("listen 80 default_server", format!("listen 127.0.0.1:{plain_port}")),
            ("/etc/letsencrypt/live/form.example.org/fullchain.pem", folder.join("cert.pem").display().to_string()),
            ("/etc/letsencrypt/live/form.example.org/privkey.pem", folder.join("key.pem").display().to_string()),
            ("server 127.0.0.1:8080;", format!("server {};", cluster.addresses[0])),
            ("/run/nginx.pid", folder.join("pid").display().to_string()),
            // The user who runs the tests may have a lower limit.
            ("worker_rlimit_nofile 65536;", String::new()),
            ("worker_connections 16384;", "worker_connections 512;".to_owned()),
            // The site's name is the server's own address here.
            ("proxy_set_header Host $host;", format!("proxy_set_header Host {};", cluster.addresses[0])),
        ] {
            assert!(config.contains(from), "the example has no {from:?} any more");
            config = config.replace(from, &to);
        }
        let file = folder.join("nginx.conf");
        fs::write(&file, config).expect("it is written");
        let nginx = || {
            let mut nginx = Command::new(required_path("AMANAT_NGINX"));
            nginx.arg("-p").arg(&folder).arg("-c").arg(&file);
            nginx
        };
        run(nginx().arg("-t"));
        let nginx = BackgroundProcess::start(nginx().args(["-g", "daemon off;"]));
        wait_for("nginx", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
        Self { nginx, folder, port }
    }

    fn curl(&self, path: &str) -> Command {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--include", "--max-time", "30", "--resolve", &format!("{NAME}:{}:127.0.0.1", self.port)]);
        curl.arg("--cacert").arg(self.folder.join("cert.pem")).arg(format!("https://{NAME}:{}{path}", self.port));
        curl
    }

    fn post(&self, upload: &Upload) -> Command {
        let proof = STANDARD.encode([7; 32]);
        let mut curl = self.curl("/api/v1/uploads");
        for header in [
            "Tus-Resumable: 1.0.0",
            "Content-Type: application/offset+octet-stream",
            &format!("Upload-Length: {}", upload.bytes.len()),
            &format!("Upload-Metadata: delete_proof_sha256 {proof}"),
            &format!("User-Agent: {PLANTED}"),
            &format!("Referer: https://{PLANTED}/"),
            "X-Forwarded-For: 203.0.113.66",
            "Expect:",
        ] {
            curl.args(["-H", header]);
        }
        curl
    }

    /// Lists the files that nginx has on the disk, or holds open after deleting them.
    fn kept(&self) -> Vec<PathBuf> {
        let folders = files_in(&self.folder.join("kept"));
        let mut kept: Vec<PathBuf> = folders.iter().flat_map(|folder| files_in(folder)).collect();
        let main: u32 = fs::read_to_string(self.folder.join("pid")).expect("it runs").trim().parse().expect("a number");
        let children = fs::read_to_string(format!("/proc/{main}/task/{main}/children")).expect("it runs");
        for process in children.split_whitespace() {
            let open = files_in(Path::new(&format!("/proc/{process}/fd")));
            kept.extend(
                open.iter().filter_map(|file| fs::read_link(file).ok()).filter(|file| file.starts_with(self.folder.join("kept"))),
            );
        }
        kept
    }
}

fn half_of(upload: &Upload) -> (&[u8], &[u8]) {
    upload.bytes.split_at(upload.bytes.len() / 2)
}

fn begin(mut command: Command) -> Child {
    // curl sends a body of unknown length in chunks, as it comes.
    command.args(["-X", "POST", "-T", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("curl runs")
}

#[test]
fn a_sealed_file_passes_through_nginx_which_keeps_nothing_of_it_or_its_sender() {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = ServerCluster::of_one(&mut rng);
    let server = cluster.start(0);
    let proxied = Proxied::before(&cluster);
    let upload = Upload::new(cluster.sealed_file(3 << 20, &mut rng));

    let mut sending = begin(proxied.post(&upload));
    let mut body = sending.stdin.take().expect("it was piped");
    let (first, second) = half_of(&upload);
    body.write_all(first).expect("it is taken");
    // The first half is on the server's disk while the rest is not sent, so nginx does not buffer.
    wait_for("the first half", || {
        let data = files_in(&cluster.data());
        let data: u64 = data.iter().filter_map(|file| fs::metadata(file).ok()).map(|file| file.len()).sum();
        (data > first.len() as u64 / 2).then_some(())
    });
    assert_eq!(proxied.kept(), Vec::<PathBuf>::new());
    body.write_all(second).expect("it is taken");
    drop(body);
    let answer = sending.wait_with_output().expect("curl ends");
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    assert!(text.contains("HTTP/1.1 201 Created"), "{text}");
    assert_eq!(cluster.pull(0), BTreeSet::from([upload.sha256()]));

    let page = String::from_utf8_lossy(&run(&mut proxied.curl("/"))).into_owned();
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("script-src 'self'") && page.contains("</html>"), "{page:.500}");
    assert_eq!(page.to_ascii_lowercase().matches("\ncontent-security-policy:").count(), 1, "{page:.900}");
    // nginx answers this request by itself.
    let own = String::from_utf8_lossy(&run(proxied.curl("/%").args(["-H", &format!("Referer: {PLANTED}")]))).into_owned();
    assert!(own.starts_with("HTTP/1.1 400"), "{own}");
    for header in
        ["content-security-policy: default-src 'none'", "strict-transport-security: max-age=63072000", "cache-control: no-store"]
    {
        assert!(own.to_ascii_lowercase().contains(header), "{own}");
    }
    assert!(!own.contains("nginx/"), "{own}");

    assert_eq!(proxied.kept(), Vec::<PathBuf>::new());
    let said = server.output();
    drop(server);
    let away = String::from_utf8_lossy(&run(proxied.curl("/").args(["-H", &format!("User-Agent: {PLANTED}")]))).into_owned();
    assert!(away.starts_with("HTTP/1.1 502"), "{away}");
    let said = [proxied.nginx.output(), said].concat();
    let said = String::from_utf8_lossy(&said);
    for secret in [PLANTED, "203.0.113.66", "uploads", "127.0.0.1:", &hex(&[7; 32])] {
        assert!(!said.replace("ready http://127.0.0.1:", "").contains(secret), "{secret}: {said}");
    }
}
