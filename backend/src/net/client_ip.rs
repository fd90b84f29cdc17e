//! The address of a client behind a reverse proxy. Only a trusted proxy is believed, and its headers go no further than the
//! [`Peer`](crate::peer::Peer) that limits need.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

use crate::config::Network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Headers in which proxies record a client's address. Handlers never see them.
const FORWARDING_HEADERS: [HeaderName; 4] =
    [FORWARDED_FOR, HeaderName::from_static("x-real-ip"), HeaderName::from_static("forwarded"), HeaderName::from_static("via")];

/// Returns the client's address: if trusted proxies say so, the last one in `X-Forwarded-For` that is no trusted proxy.
pub(super) fn client_ip(from: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let mut nearest = from.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut hops = headers.get_all(FORWARDED_FOR).iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    while is_trusted(nearest) {
        // An entry to the left of a malformed one was written by an unknown party.
        match hops.next().and_then(parse_address) {
            Some(further) => nearest = further.to_canonical(),
            None => break,
        }
    }
    nearest
}

/// Removes every header that tells where a request comes from.
pub(super) fn remove_forwarding_headers(headers: &mut HeaderMap) {
    for name in FORWARDING_HEADERS {
        headers.remove(name);
    }
}

/// Parses an address as proxies write it, some of them with a port.
fn parse_address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn found(from: &str, lines: &[&str]) -> String {
        let trusted = ["127.0.0.1", "10.0.0.0/8", "::1"].map(|network| network.parse().unwrap());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        client_ip(from.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_for_their_own_hop() {
        for (from, lines, expected) in [
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["192.0.2.66", "198.51.100.1, 10.1.1.1"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1", "10.1.1.1"], "198.51.100.1"),
            ("127.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("::1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("::1", &["[2001:db8::7]"], "2001:db8::7"),
            ("127.0.0.1", &["198.51.100.1, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1, "], "127.0.0.1"),
            ("127.0.0.1", &["10.9.9.9"], "10.9.9.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("::ffff:203.0.113.9", &[], "203.0.113.9"),
        ] {
            assert_eq!(found(from, lines), expected, "{from} {lines:?}");
        }
    }
}
