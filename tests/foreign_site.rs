//! A site of somebody else's.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    thread,
};

/// Serves one page under every path, on another host than the deployment's; gives its address.
pub(crate) fn foreign_site(html: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("this machine has a loopback");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for browser in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&browser).lines().map_while(Result::ok);
            let _ = lines.find(String::is_empty);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length:";
            // A browser that has gone away needs no answer.
            let _ = write!(&browser, "{head} {}\r\n\r\n{html}", html.len());
        }
    });
    format!("http://localhost:{port}/")
}
