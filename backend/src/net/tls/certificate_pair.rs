//! Parses a certificate chain and its key, and explains why a pair cannot be used.

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

use super::{CertificateError, NAME_FILES};

/// Some editors write it at the beginning of a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The advice for a certificate in the place of a key, or the other way round.
const EXCHANGED: &str = "See whether `cert` and `key` are exchanged.";

/// A problem of a file, and what to do about it.
type Problem = (String, &'static str);

/// Creates the TLS acceptor of this chain and key, if they are valid at this time.
pub(super) fn acceptor(files: &CertificateFiles, cert: &[u8], key: &[u8], now: i64) -> Result<TlsAcceptor, CertificateError> {
    let cert_error = |(problem, advice): Problem| CertificateError::new(&files.cert, problem, advice);
    let key_error = |(problem, advice): Problem| CertificateError::new(&files.key, problem, advice);
    let chain = chain(cert).map_err(cert_error)?;
    let key = private_key(key).map_err(key_error)?;
    let provider = ring::default_provider();
    match key_position(&chain, &key, &provider) {
        Ok(Some(0)) => {}
        Ok(Some(position)) => {
            return Err(cert_error((
                format!("begins with another certificate than the key's, which is number {} in it", position + 1),
                "Put the site's own certificate first, then those between it and the authority.",
            )));
        }
        Ok(None) => return Err(key_error(("is not the key of that certificate".to_owned(), NAME_FILES))),
        Err(_) => {
            return Err(key_error((
                "is of a kind that this program's TLS does not use".to_owned(),
                "Use a key of RSA, P-256, P-384 or Ed25519.",
            )));
        }
    }
    check_validity(&chain[0], now).map_err(cert_error)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| cert_error(("cannot be used with this program's TLS".to_owned(), NAME_FILES)))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|_| {
            key_error(("is not the key of that certificate, or of a kind that TLS does not use".to_owned(), NAME_FILES))
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn pem_text(file: &[u8]) -> Result<&[u8], Problem> {
    let file = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    if file.iter().all(u8::is_ascii_whitespace) {
        return Err(("is empty".to_owned(), NAME_FILES));
    }
    if file.contains(&0) {
        return Err((
            "is no text in PEM, which begins with -----BEGIN".to_owned(),
            "Convert it (openssl x509 -inform DER, openssl pkey -inform DER), or save it as UTF-8.",
        ));
    }
    Ok(file)
}

fn chain(file: &[u8]) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let file = pem_text(file)?;
    let chain = CertificateDer::pem_slice_iter(file)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| ("holds a certificate that is cut off or damaged".to_owned(), NAME_FILES))?;
    if chain.is_empty() {
        return Err(match PrivateKeyDer::from_pem_slice(file) {
            Ok(_) => ("holds a private key in place of a certificate".to_owned(), EXCHANGED),
            Err(_) => ("holds no certificate in PEM".to_owned(), NAME_FILES),
        });
    }
    Ok(chain)
}

fn private_key(file: &[u8]) -> Result<PrivateKeyDer<'static>, Problem> {
    let file = pem_text(file)?;
    let holds = |mark: &[u8]| file.windows(mark.len()).any(|window| window == mark);
    if holds(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || holds(b"Proc-Type: 4,ENCRYPTED") {
        return Err((
            "is locked with a passphrase, and nobody is there to type it when the program starts".to_owned(),
            "Write it without one (openssl pkey -in KEY -out NEW), readable for this program alone.",
        ));
    }
    PrivateKeyDer::from_pem_slice(file).map_err(|error| match error {
        pem::Error::NoItemsFound if holds(b"-----BEGIN CERTIFICATE-----") => {
            ("holds a certificate in place of a private key".to_owned(), EXCHANGED)
        }
        pem::Error::NoItemsFound => ("holds no private key in PEM".to_owned(), NAME_FILES),
        _ => ("holds a private key that is cut off or damaged".to_owned(), NAME_FILES),
    })
}

/// Returns the position of the key's certificate in the chain. It fails where TLS does not support the kind of key.
fn key_position(
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
    provider: &CryptoProvider,
) -> Result<Option<usize>, rustls::Error> {
    let key = provider.key_provider.load_private_key(key.clone_key())?;
    let is_its = |cert: &CertificateDer<'static>| CertifiedKey::new(vec![cert.clone()], Arc::clone(&key)).keys_match().is_ok();
    Ok(chain.iter().position(is_its))
}

/// Checks that the certificate is valid now, since browsers refuse it otherwise.
fn check_validity(cert: &CertificateDer<'_>, now: i64) -> Result<(), Problem> {
    let unreadable = |_| ("holds no certificate that can be read".to_owned(), NAME_FILES);
    let (_, cert) = X509Certificate::from_der(cert).map_err(unreadable)?;
    let (from, until) = (cert.validity().not_before.timestamp(), cert.validity().not_after.timestamp());
    if now > until {
        return Err((
            format!("expired at {}, so every browser refuses it", hour_text(until)),
            "Renew it; if it is new, check this machine's clock.",
        ));
    }
    if now < from {
        return Err((
            format!("is valid from {} on only, so every browser refuses it", hour_text(from)),
            "Check this machine's clock.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
