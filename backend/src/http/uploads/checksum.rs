//! tus's checksum extension. A body that does not match its checksum is dropped whole.

use axum::http::{HeaderMap, HeaderName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::http::error::Error;

const CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
/// The value of `Tus-Checksum-Algorithm`.
pub(super) const ALGORITHMS: &str = "sha1,sha256";

/// The hash that a body must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}

impl Checksum {
    /// Parses `Upload-Checksum: sha1 BASE64`, if present.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, Error> {
        let Some(value) = headers.get(CHECKSUM) else { return Ok(None) };
        let (algorithm, sum) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(Error::Malformed)?;
        let sum = STANDARD.decode(sum.trim()).map_err(|_| Error::Malformed)?;
        match algorithm {
            "sha1" => sum.try_into().map(Self::Sha1),
            "sha256" => sum.try_into().map(Self::Sha256),
            _ => return Err(Error::Malformed),
        }
        .map(Some)
        .map_err(|_| Error::Malformed)
    }

    /// Checks whether the body has this hash.
    pub fn holds(&self, body: &[u8]) -> bool {
        match self {
            Self::Sha1(sum) => Sha1::digest(body).as_slice().ct_eq(sum).into(),
            Self::Sha256(sum) => Sha256::digest(body).as_slice().ct_eq(sum).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_parsed_as_tus_writes_them() {
        let of = |value: &str| Checksum::of(&HeaderMap::from_iter([(CHECKSUM, value.parse().unwrap())]));
        let sha1 = of("sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=").unwrap().unwrap();
        assert!(sha1.holds(b"hello") && !sha1.holds(b"hallo"));
        let sha256 = of("sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=").unwrap().unwrap();
        assert!(sha256.holds(b"hello") && !sha256.holds(b""));
        assert!(Checksum::of(&HeaderMap::new()).unwrap().is_none());
        for wrong in ["md5 XUFAKrxLKna5cZ2REBfFkg==", "sha1", "sha1 ", "sha1 !", "sha256 qvTGHdzF6KLavt4PO0gs2a6pQ00=", ""] {
            assert!(matches!(of(wrong), Err(Error::Malformed)), "{wrong}");
        }
    }
}
