//! The neutral page to which the exit leads, for a browser that cannot be told to take another: a real nginx with a
//! certificate of its own, behind a proxy that leads every `https` address to it.

use std::{
    fs, io,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
};

use tempfile::TempDir;

use crate::{
    programs::{Service, real_thing, wait_for},
    world::free_port,
};

/// Serves one page under every name.
pub(crate) struct NeutralPage {
    _nginx: Service,
    _folder: TempDir,
    /// The proxy, `127.0.0.1:PORT`.
    pub(crate) proxy: String,
}

impl NeutralPage {
    /// Starts it with this text.
    pub(crate) fn start(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for nginx");
        let root = folder.path().display().to_string();
        let pair = rcgen::generate_simple_self_signed(["www.example.org".to_owned()]).expect("a certificate");
        let port = free_port();
        let config = format!(
            "pid {root}/pid; error_log {root}/errors; events {{}}\nhttp {{ access_log off;\n\
             client_body_temp_path {root}; proxy_temp_path {root}; fastcgi_temp_path {root}; scgi_temp_path {root}; uwsgi_temp_path {root};\n\
             server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {root}/cert; ssl_certificate_key {root}/key;\n\
             default_type text/html; location / {{ return 200 '<title>weather</title>{text}'; }} }} }}\n"
        );
        for (name, text) in [("cert", pair.cert.pem()), ("key", pair.signing_key.serialize_pem()), ("conf", config)] {
            fs::write(folder.path().join(name), text).expect("it is written");
        }
        let mut nginx = Command::new(real_thing("AMANAT_NGINX"));
        nginx.arg("-p").arg(folder.path()).arg("-c").arg(folder.path().join("conf")).args(["-g", "daemon off;"]);
        let nginx = Service::start(&mut nginx);
        wait_for("nginx", || TcpStream::connect(("127.0.0.1", port)).ok());

        let listener = TcpListener::bind("127.0.0.1:0").expect("this machine has a loopback");
        let proxy = listener.local_addr().expect("it is bound").to_string();
        thread::spawn(move || {
            for browser in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || lead(&browser, port));
            }
        });
        Self { _nginx: nginx, _folder: folder, proxy }
    }
}

/// Answers a `CONNECT` to any host, and carries bytes both ways until one side ends.
fn lead(browser: &TcpStream, port: u16) -> io::Result<()> {
    let mut head = BufReader::new(browser.try_clone()?);
    let mut line = String::new();
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    let page = TcpStream::connect(("127.0.0.1", port))?;
    (&*browser).write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut from_page, mut to_browser) = (page.try_clone()?, browser.try_clone()?);
    thread::spawn(move || io::copy(&mut from_page, &mut to_browser));
    io::copy(&mut head, &mut &page)?;
    page.shutdown(std::net::Shutdown::Write)
}
