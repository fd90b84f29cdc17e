//! A certificate's chain and its key, as files hold them: read, and refused with the reason when they do not fit.

use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, crypto::CryptoProvider};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::clock::hour_text;
use crate::config::CertificateFiles;

use super::CertificateError;

/// Some editors write it before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Makes the acceptor of TLS connections from this chain and this key, if they can serve at this time.
pub(super) fn acceptor(files: &CertificateFiles, cert: &[u8], key: &[u8], now: i64) -> Result<TlsAcceptor, CertificateError> {
    let cert_wrong = |message: String| CertificateError::new(&files.cert, message);
    let key_wrong = |message: &str| CertificateError::new(&files.key, message);
    let chain = chain(cert).map_err(|message| cert_wrong(message.to_owned()))?;
    let key = private_key(key).map_err(key_wrong)?;
    let provider = ring::default_provider();
    match key_position(&chain, &key, &provider) {
        Ok(Some(0)) => {}
        Ok(Some(position)) => {
            return Err(cert_wrong(format!(
                "begins with another certificate than the key's, which is number {} in it: the site's own certificate comes first, then those between it and the authority",
                position + 1
            )));
        }
        Ok(None) => return Err(key_wrong("is not the key of that certificate")),
        Err(_) => {
            return Err(key_wrong("is of a kind that this program's TLS does not use: RSA, P-256, P-384 or Ed25519 is needed"));
        }
    }
    check_validity(&chain[0], now).map_err(cert_wrong)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| cert_wrong("cannot be used with this program's TLS".to_owned()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|_| key_wrong("is not the key of that certificate, or of a kind that TLS does not use"))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn pem_text(file: &[u8]) -> Result<&[u8], &'static str> {
    let file = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    if file.iter().all(u8::is_ascii_whitespace) {
        return Err("is empty");
    }
    if file.contains(&0) {
        return Err(
            "is no text in PEM, which begins with -----BEGIN: convert it (openssl x509 -inform DER, openssl pkey -inform DER), or save it as UTF-8",
        );
    }
    Ok(file)
}

fn chain(file: &[u8]) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let file = pem_text(file)?;
    let chain = CertificateDer::pem_slice_iter(file)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| "holds a certificate that is cut off or damaged")?;
    if chain.is_empty() {
        return Err(match PrivateKeyDer::from_pem_slice(file) {
            Ok(_) => "holds a private key in place of a certificate: are `cert` and `key` exchanged?",
            Err(_) => "holds no certificate in PEM",
        });
    }
    Ok(chain)
}

fn private_key(file: &[u8]) -> Result<PrivateKeyDer<'static>, &'static str> {
    const ENCRYPTED: &str = "is locked with a passphrase, and nobody is there to type it when the program starts: write it without one (openssl pkey -in KEY -out NEW), readable for this program alone";
    let file = pem_text(file)?;
    let holds = |mark: &[u8]| file.windows(mark.len()).any(|window| window == mark);
    if holds(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || holds(b"Proc-Type: 4,ENCRYPTED") {
        return Err(ENCRYPTED);
    }
    PrivateKeyDer::from_pem_slice(file).map_err(|error| match error {
        pem::Error::NoItemsFound if holds(b"-----BEGIN CERTIFICATE-----") => {
            "holds a certificate in place of a private key: are `cert` and `key` exchanged?"
        }
        pem::Error::NoItemsFound => "holds no private key in PEM",
        _ => "holds a private key that is cut off or damaged",
    })
}

/// Which certificate of the chain the key belongs to. Fails where the key is of a kind that TLS does not use.
fn key_position(
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
    provider: &CryptoProvider,
) -> Result<Option<usize>, rustls::Error> {
    let key = provider.key_provider.load_private_key(key.clone_key())?;
    let is_its = |cert: &CertificateDer<'static>| CertifiedKey::new(vec![cert.clone()], Arc::clone(&key)).keys_match().is_ok();
    Ok(chain.iter().position(is_its))
}

/// Browsers take a certificate between two times only.
fn check_validity(cert: &CertificateDer<'_>, now: i64) -> Result<(), String> {
    let (_, cert) = X509Certificate::from_der(cert).map_err(|_| "holds no certificate that can be read".to_owned())?;
    let (from, until) = (cert.validity().not_before.timestamp(), cert.validity().not_after.timestamp());
    if now > until {
        return Err(format!(
            "expired at {}, so every browser refuses it: renew it; if it is new, see to this machine's clock",
            hour_text(until)
        ));
    }
    if now < from {
        return Err(format!("is valid from {} on only, so every browser refuses it: see to this machine's clock", hour_text(from)));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
