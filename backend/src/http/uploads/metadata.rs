//! `Upload-Metadata`: pairs of a key and a value in base64.

use amanat_shared::api::{META_PACK, META_PROOF, META_SHA256};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::http::error::Error;
use crate::store::Upload;

const METADATA: HeaderName = HeaderName::from_static("upload-metadata");

/// The metadata of an upload. Unknown keys are dropped.
pub(super) struct Metadata {
    pub proof_sha256: Option<[u8; 32]>,
    pub pack: Option<u64>,
    pub sha256: Option<[u8; 32]>,
}

impl Metadata {
    /// Returns the stored metadata of an upload.
    pub fn of(upload: &Upload) -> Self {
        Self { proof_sha256: upload.proof_sha256, pack: upload.pack, sha256: upload.sha256 }
    }

    /// Formats the header for `HEAD`, if there are any metadata.
    pub fn header(&self) -> Option<[(HeaderName, HeaderValue); 1]> {
        let serial = self.pack.map(|serial| serial.to_string());
        let pairs = [
            (META_PROOF, self.proof_sha256.as_ref().map(|proof| &proof[..])),
            (META_PACK, serial.as_ref().map(String::as_bytes)),
            (META_SHA256, self.sha256.as_ref().map(|sha256| &sha256[..])),
        ];
        let there = pairs.iter().filter_map(|(key, value)| value.map(|value| format!("{key} {}", STANDARD.encode(value))));
        let text = there.collect::<Vec<_>>().join(",");
        (!text.is_empty()).then(|| [(METADATA, HeaderValue::try_from(text).expect("names and base64 are ASCII"))])
    }

    /// Parses `Upload-Metadata`, which may be missing.
    pub fn parse(headers: &HeaderMap) -> Result<Self, Error> {
        let (mut proof, mut pack, mut sha256) = (None, None, None);
        let Some(text) = headers.get(METADATA) else { return Ok(Self { proof_sha256: None, pack, sha256 }) };
        let text = text.to_str().map_err(|_| Error::Malformed)?;
        for pair in text.split(',') {
            let (key, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
            let decoded = || STANDARD.decode(value).map_err(|_| Error::Malformed);
            let hash = || <[u8; 32]>::try_from(decoded()?).map_err(|_| Error::Malformed);
            let once = match key {
                META_PROOF => proof.replace(hash()?).is_none(),
                META_SHA256 => sha256.replace(hash()?).is_none(),
                META_PACK => pack.replace(serial(decoded()?)?).is_none(),
                _ => true,
            };
            if !once {
                return Err(Error::Malformed);
            }
        }
        Ok(Self { proof_sha256: proof, pack, sha256 })
    }
}

fn serial(digits: Vec<u8>) -> Result<u64, Error> {
    let digits = String::from_utf8(digits).map_err(|_| Error::Malformed)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().map_err(|_| Error::Malformed)
    } else {
        Err(Error::Malformed)
    }
}
