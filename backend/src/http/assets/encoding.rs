//! Content codings: negotiation and compression.

use std::io::{self, Read, Write};

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// Returns the coding's name in the header, or `None` for the identity.
    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// Negotiates the coding that the client prefers (RFC 9110, 12.5.3). Among equals it chooses the smallest result.
    pub(super) fn preferred(headers: &HeaderMap) -> Self {
        let offers: Vec<(String, u16)> = headers
            .get_all(ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|offer| {
                let mut parts = offer.split(';').map(str::trim);
                let coding = parts.next()?.to_ascii_lowercase();
                let weight = match parts.next() {
                    None => 1000,
                    Some(weight) => thousandths(weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?)?,
                };
                Some((coding, weight))
            })
            .collect();
        let weight = |names: &[&str]| offers.iter().find(|(coding, _)| names.contains(&coding.as_str())).map(|(_, weight)| *weight);
        let any = weight(&["*"]);
        let brotli = weight(&["br"]).or(any).unwrap_or(0);
        let gzip = weight(&["gzip", "x-gzip"]).or(any).unwrap_or(0);
        // The identity is acceptable unless excluded, but is not preferred to a named coding.
        let identity = weight(&["identity"]).unwrap_or(0);
        if brotli > 0 && brotli >= gzip && brotli >= identity {
            Self::Brotli
        } else if gzip > 0 && gzip >= identity {
            Self::Gzip
        } else {
            Self::Identity
        }
    }
}

/// Parses a weight of `0` to `1` with at most three decimals into thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(decimals),
        "1" if decimals == 0 => Some(1000),
        _ => None,
    }
}

/// Compresses with gzip at the best level.
pub(super) fn gzip(plain: &[u8]) -> Vec<u8> {
    let in_memory = "writing to memory does not fail";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(plain).expect(in_memory);
    gzip.finish().expect(in_memory)
}

/// Compresses with brotli at the best level.
pub(super) fn brotli(plain: &[u8]) -> Vec<u8> {
    // A window of 256 KiB holds a page. The largest window compresses no better, and keeps 10 MB of memory.
    let mut brotli = ::brotli::CompressorWriter::new(Vec::new(), 64 * 1024, 11, 18);
    brotli.write_all(plain).expect("writing to memory does not fail");
    brotli.into_inner()
}

/// Decompresses brotli, up to this length.
pub(super) fn unpack_brotli(packed: &[u8], most_bytes: u64) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    ::brotli::Decompressor::new(packed, 64 * 1024).take(most_bytes + 1).read_to_end(&mut plain)?;
    if plain.len() as u64 > most_bytes { Err(io::ErrorKind::InvalidData.into()) } else { Ok(plain) }
}
