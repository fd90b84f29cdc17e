//! The route to the server: its address, the authority to trust, and the proxy.

use std::io;
use std::path::Path;

use amanat_shared::api;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};
use ureq::{Proxy, ProxyProtocol};

use super::OnlineError;
use crate::atomic_file;

const MAX_CA_BYTES: u64 = 1024 * 1024;

/// The route to the server.
#[derive(Debug, Default)]
pub struct Route<'a> {
    /// `https://form.example.org`.
    pub server: &'a str,
    /// Trust only this authority, in place of the public ones.
    pub ca: Option<&'a Path>,
    /// `127.0.0.1:9050`: go through this proxy, which also resolves names.
    pub socks: Option<&'a str>,
}

pub(super) fn checked_origin(server: &str) -> Result<String, OnlineError> {
    let address = || OnlineError::Address(server.to_owned());
    let lower = server.to_ascii_lowercase();
    let trimmed = lower.trim_end_matches('/');
    let uri: Uri = trimmed.parse().map_err(|_| address())?;
    let host = uri.host().ok_or_else(address)?;
    if api::origin(trimmed) != Some(trimmed) || trimmed.contains(['@', '?', '#']) {
        return Err(address());
    }
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if matches!(host, "127.0.0.1" | "localhost" | "[::1]") || host.strip_suffix(".onion").is_some() => {}
        Some("http") => return Err(OnlineError::Plain(server.to_owned())),
        _ => return Err(address()),
    }
    Ok(trimmed.to_owned())
}

pub(super) fn authorities(path: &Path) -> Result<RootCerts, OnlineError> {
    let refused = |reason: String| OnlineError::Authority { path: path.to_owned(), reason };
    let pem = atomic_file::read(path, MAX_CA_BYTES).map_err(|error: io::Error| refused(error.to_string()))?;
    let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(refused("it holds no certificate".to_owned()));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

pub(super) fn proxy(address: &str) -> Option<Proxy> {
    let (host, port) = address.rsplit_once(':')?;
    // The proxy resolves names: asking here would tell the network, and no resolver knows an onion.
    Proxy::builder(ProxyProtocol::Socks5).host(host).port(port.parse().ok()?).resolve_target(false).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_origin_is_a_server_and_plain_http_is_for_onions_and_this_computer() {
        let origin = |server| checked_origin(server).ok();
        assert_eq!(origin("https://Form.example.org/").as_deref(), Some("https://form.example.org"));
        assert_eq!(origin("http://127.0.0.1:8080").as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(origin("http://abc.onion").as_deref(), Some("http://abc.onion"));
        for wrong in [
            "form.example.org",
            "https://form.example.org/path",
            "https://user@form.example.org",
            "https://form.example.org?x",
            "ftp://x",
            "",
        ] {
            assert!(matches!(checked_origin(wrong), Err(OnlineError::Address(_))), "{wrong}");
        }
        assert!(matches!(checked_origin("http://form.example.org"), Err(OnlineError::Plain(_))));
    }
}
