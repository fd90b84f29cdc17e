//! `Upload-Metadata`: pairs of a key and a value in base64.

use amanat_shared::api::{META_PACK, META_PROOF};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::Error;
use crate::store::Upload;

const METADATA: HeaderName = HeaderName::from_static("upload-metadata");

/// What an upload's metadata says; other keys are forgotten at once.
pub(super) struct Metadata {
    pub proof_sha256: [u8; 32],
    pub pack: Option<u64>,
}

impl Metadata {
    /// What is kept of it.
    pub fn of(upload: &Upload) -> Self {
        Self { proof_sha256: upload.proof_sha256, pack: upload.pack }
    }

    /// As `HEAD` says it.
    pub fn header(&self) -> (HeaderName, HeaderValue) {
        let proof = format!("{META_PROOF} {}", STANDARD.encode(self.proof_sha256));
        let text = match self.pack {
            Some(serial) => format!("{proof},{META_PACK} {}", STANDARD.encode(serial.to_string())),
            None => proof,
        };
        (METADATA, HeaderValue::try_from(text).expect("names and base64 are ASCII"))
    }

    /// Reads `Upload-Metadata`.
    pub fn parse(headers: &HeaderMap) -> Result<Self, Error> {
        let text = headers.get(METADATA).and_then(|value| value.to_str().ok()).ok_or(Error::Malformed)?;
        let (mut proof, mut pack) = (None, None);
        for pair in text.split(',') {
            let (key, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
            let decoded = || STANDARD.decode(value).map_err(|_| Error::Malformed);
            if key == META_PROOF {
                let bytes = <[u8; 32]>::try_from(decoded()?).map_err(|_| Error::Malformed)?;
                if proof.replace(bytes).is_some() {
                    return Err(Error::Malformed);
                }
            } else if key == META_PACK {
                let digits = String::from_utf8(decoded()?).map_err(|_| Error::Malformed)?;
                if !digits.bytes().all(|byte| byte.is_ascii_digit()) || pack.is_some() {
                    return Err(Error::Malformed);
                }
                pack = Some(digits.parse().map_err(|_| Error::Malformed)?);
            }
        }
        Ok(Self { proof_sha256: proof.ok_or(Error::Malformed)?, pack })
    }
}
