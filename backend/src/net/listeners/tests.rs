use amanat_shared::api::{TUS_VERSION, UPLOADS};
use axum::Extension;
use axum::http::HeaderMap;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;
use crate::config::CertificateFiles;
use crate::net::connections::ConnectionCount;
use crate::server::serve;
use crate::testing::{HOST, ONION, TestServer, metadata, sealed};

/// Longest time for any step of these tests.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A server that runs until it is told to stop.
struct RunningServer {
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

fn start(listeners: Listeners, server: &TestServer) -> RunningServer {
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(serve(listeners, server.state.clone(), async {
        let _ = stopped.await;
    }));
    RunningServer { stop, serving }
}

/// Sends bytes and reads the answer to its end.
async fn exchange(stream: impl AsyncRead + AsyncWrite, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = pin!(stream);
    // A server that refuses may close the connection early.
    let _ = stream.write_all(bytes.as_ref()).await;
    read_to_end(&mut stream).await
}

async fn read_to_end(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut answer = Vec::new();
    let _ = timeout(TEST_TIMEOUT, stream.read_to_end(&mut answer)).await.expect("the connection ends");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

fn head(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nTus-Resumable: {TUS_VERSION}\r\n{headers}\r\n")
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_finishes_requests_under_way() {
    let server = TestServer::new().await;
    let (public, address) = listener().await;
    let RunningServer { stop, serving } = start(Listeners::plain(public), &server);
    let text = exchange(connect(address).await, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(text.starts_with("HTTP/1.1 200 ") && text.ends_with("ok\n"), "{text}");

    let file = sealed(2, 1000);
    let upload = server.create(file.len()).await;
    let (first, second) = file.split_at(file.len() / 2);
    let mut sender = connect(address).await;
    let length = file.len();
    let headers = format!("Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\n");
    sender.write_all(head("PATCH", &upload, &headers).as_bytes()).await.unwrap();
    sender.write_all(first).await.unwrap();
    let mut idle = connect(address).await;
    idle.write_all(b"GET / HT").await.unwrap();
    while server.state.connections.count() != (ConnectionCount { open: 2, idle: 1 }) {
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    assert_eq!(read_to_end(&mut idle).await, "");
    assert!(TcpStream::connect(address).await.is_err());
    sender.write_all(second).await.unwrap();
    let text = read_to_end(&mut sender).await;
    assert!(text.starts_with("HTTP/1.1 204 "), "{text}");
    timeout(TEST_TIMEOUT, serving).await.unwrap().unwrap();
    assert_eq!(server.table_rows().await["registrations"], 1);
    assert_eq!(server.state.connections.count().open, 0);
}

#[tokio::test]
async fn malformed_http_is_answered_without_the_servers_headers() {
    let server = TestServer::new().await;
    let (public, address) = listener().await;
    let serving = start(Listeners::plain(public), &server);
    let many = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n{}\r\n", "X-A: b\r\n".repeat(200));
    let long = format!("GET /{} HTTP/1.1\r\nHost: {HOST}\r\n\r\n", "a".repeat(100_000));
    for (bytes, status) in [
        ("SECRET\r\n\r\n", "400 Bad Request"),
        ("\u{16}\u{3}\u{1}SECRET\r\n\r\n", "400 Bad Request"),
        ("GET /SECRET HTTP/9.9\r\n\r\n", "400 Bad Request"),
        ("GET /SECRET HTTP/1.1\r\nSECRET\r\n\r\n", "400 Bad Request"),
        ("POST /SECRET HTTP/1.1\r\nHost: x\r\nContent-Length: SECRET\r\n\r\n", "400 Bad Request"),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: SECRET\r\nContent-Length: 3\r\n\r\nabc", "400 Bad Request"),
        (&many, "431 Request Header Fields Too Large"),
        (&long, "431 Request Header Fields Too Large"),
    ] {
        let text = exchange(connect(address).await, bytes).await;
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(format!("HTTP/1.1 {status}").as_str()), "{bytes:.40} {text}");
        for line in lines.filter(|line| !line.is_empty()) {
            let name = line.split(':').next().unwrap();
            assert!(["connection", "content-length", "date"].contains(&name), "{line}");
        }
        assert!(text.ends_with("\r\n\r\n") && !text.contains("SECRET"), "{text}");
    }
    drop(serving);
}

#[tokio::test]
async fn idle_connections_are_closed_and_an_active_one_gets_through() {
    let server = TestServer::new().await;
    let (public, address) = listener().await;
    let serving = start(Listeners { max_connections: 100, ..Listeners::plain(public) }, &server);
    let file = sealed(2, 100_000);
    let mut person = connect(address).await;
    let headers = format!(
        "Upload-Length: {length}\r\nUpload-Metadata: {}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\nConnection: close\r\n",
        metadata(None),
        length = file.len()
    );
    person.write_all(head("POST", UPLOADS, &headers).as_bytes()).await.unwrap();
    let mut idle_crowd = Vec::new();
    for (number, part) in file.chunks(2000).enumerate() {
        person.write_all(part).await.unwrap();
        let arrived = async {
            while server.state.connections.most_moved_bytes() < 2000 * number as u64 {
                tokio::task::yield_now().await;
            }
        };
        timeout(TEST_TIMEOUT, arrived).await.expect("a person who goes on is let go on");
        for _ in 0..10 {
            let mut one = connect(address).await;
            one.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await.unwrap();
            idle_crowd.push(one);
        }
        assert!(server.state.connections.count().open <= 100);
    }
    let text = read_to_end(&mut person).await;
    assert!(text.starts_with("HTTP/1.1 201 "), "{text}");
    assert_eq!(server.table_rows().await["registrations"], 1);
    let page = exchange(connect(address).await, head("GET", "/", "Connection: close\r\n")).await;
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("</html>"));
    // The first idle connections have been closed.
    assert_eq!(read_to_end(&mut idle_crowd[0]).await, "");
    drop(serving);
}

#[tokio::test]
async fn the_public_listener_speaks_tls_and_the_others_plain_http() {
    let server = TestServer::new().await;
    let dir = tempfile::tempdir().unwrap();
    let files = CertificateFiles { cert: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
    let pair = rcgen::generate_simple_self_signed([HOST.to_owned()]).unwrap();
    std::fs::write(&files.cert, pair.cert.pem()).unwrap();
    std::fs::write(&files.key, pair.signing_key.serialize_pem()).unwrap();
    let [(public, address), (onion, onion_address), (metrics, metrics_address)] =
        [listener().await, listener().await, listener().await];
    let certificates = Some(Certificates::load(files, crate::clock::Clock::system()).await.unwrap());
    let (onion, metrics) = (Some(onion), Some(metrics));
    let serving = start(Listeners { certificates, onion, metrics, ..Listeners::plain(public) }, &server);

    let mut roots = RootCertStore::empty();
    roots.add(pair.cert.der().clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let stream = connector.connect(ServerName::try_from(HOST).unwrap(), connect(address).await).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let text = exchange(stream, head("GET", "/leave", "Connection: close\r\n")).await;
    assert!(text.starts_with("HTTP/1.1 303 ") && text.contains("strict-transport-security: max-age=63072000\r\n"), "{text}");
    assert!(text.contains(&format!("onion-location: http://{ONION}/leave\r\n")), "{text}");
    let clear = exchange(connect(address).await, head("GET", "/", "Connection: close\r\n")).await;
    assert!(!clear.contains("HTTP/1.1"), "{clear}");

    let text =
        exchange(connect(onion_address).await, format!("GET / HTTP/1.1\r\nHost: {ONION}\r\nConnection: close\r\n\r\n")).await;
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    assert!(!text.contains("strict-transport-security") && !text.contains("onion-location"), "{text}");
    let other = exchange(connect(onion_address).await, head("GET", "/", "Connection: close\r\n")).await;
    assert!(other.starts_with("HTTP/1.1 421 "), "{other}");

    let text = exchange(connect(metrics_address).await, head("GET", "/metrics", "Connection: close\r\n")).await;
    assert!(text.starts_with("HTTP/1.1 200 ") && text.contains("\namanat_ready 1\n"), "{text}");
    for address in [onion_address, metrics_address] {
        let path = if address == metrics_address { "/healthz" } else { "/metrics" };
        let text =
            exchange(connect(address).await, format!("GET {path} HTTP/1.1\r\nHost: {ONION}\r\nConnection: close\r\n\r\n")).await;
        assert!(text.starts_with("HTTP/1.1 404 "), "{text}");
    }
    drop(serving);
}

/// Returns what a handler learns of the client on this kind of listener.
async fn peer_seen_by_handler(kind: ListenerKind, headers: &str) -> String {
    let (socket, address) = listener().await;
    let handler = async |Extension(peer): Extension<Peer>, headers: HeaderMap| {
        let peer = match peer {
            Peer::Address(address) => address.to_string(),
            Peer::Onion => "onion".to_owned(),
        };
        format!("{peer} {:?}", headers.keys().map(ToString::to_string).collect::<Vec<_>>())
    };
    let (stop, stopped) = watch::channel(());
    let listener = Listener {
        kind,
        router: Router::new().route("/", get(handler)),
        connections: Connections::new(),
        max_connections: 9,
        stopped,
    };
    let accepting = tokio::spawn(listener.accept_loop(socket));
    let text = exchange(connect(address).await, format!("GET / HTTP/1.1\r\nConnection: close\r\n{headers}\r\n")).await;
    accepting.abort();
    drop(stop);
    text.split("\r\n\r\n").nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn handlers_see_the_peer_and_no_forwarding_header() {
    let said = "X-Forwarded-For: 198.51.100.7\r\nForwarded: for=198.51.100.7\r\nX-Real-IP: 198.51.100.7\r\nVia: 1.1 x\r\n";
    let public =
        |trusted: &[&str]| ListenerKind::Public { tls: None, trusted: trusted.iter().map(|one| one.parse().unwrap()).collect() };
    assert_eq!(peer_seen_by_handler(public(&["127.0.0.0/8"]), said).await, r#"198.51.100.7 ["connection"]"#);
    assert_eq!(peer_seen_by_handler(public(&["10.0.0.0/8"]), said).await, r#"127.0.0.1 ["connection"]"#);
    assert_eq!(peer_seen_by_handler(ListenerKind::Onion, said).await, r#"onion ["connection"]"#);
}
