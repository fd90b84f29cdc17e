//! TLS for the public listener. The certificate and its key are read again when their files change.

mod certificate_pair;

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::clock::Clock;
use crate::config::CertificateFiles;
use crate::files::io_error_text;

use certificate_pair::acceptor;

/// The advice for files that are missing or hold something else.
const NAME_FILES: &str = "Name the certificate's chain and its key with `tls`, both in PEM, readable for this program.";

/// The certificate in use, and its files.
pub struct Certificates {
    files: CertificateFiles,
    /// The clock that the certificate's validity is checked by.
    clock: Clock,
    current: watch::Sender<TlsAcceptor>,
    /// Digest of the file contents in use.
    loaded: [u8; 32],
    /// Digest of contents that cannot be used. A renewal writes one file after the other, so an error is reported only when a
    /// second check finds the same contents, and only once.
    rejected: Option<([u8; 32], ReportState)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportState {
    Pending,
    Reported,
}

/// An unusable certificate. It names the file and the problem, and quotes nothing of its contents.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("{file}: {problem}", file = file.display())]
pub struct CertificateError {
    file: PathBuf,
    problem: String,
    #[help]
    advice: &'static str,
}

/// The result of reading the files again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReloadOutcome {
    /// The contents in use have not changed.
    Unchanged,
    /// A new pair is now in use.
    Replaced,
    /// The new contents cannot be used, for the first time.
    Broken,
    /// The same unusable contents were found again, so the files are not being written any longer.
    StillBroken(CertificateError),
}

impl Certificates {
    /// Reads both files.
    pub async fn load(files: CertificateFiles, clock: Clock) -> Result<Self, CertificateError> {
        let (cert, key) = contents(&files).await?;
        let (current, _) = watch::channel(acceptor(&files, &cert, &key, clock.unix_secs())?);
        Ok(Self { files, clock, current, loaded: digest(&cert, &key), rejected: None })
    }

    pub(super) fn current(&self) -> watch::Receiver<TlsAcceptor> {
        self.current.subscribe()
    }

    /// Reads the files again. An unusable pair changes nothing.
    pub(super) async fn reload(&mut self) -> ReloadOutcome {
        let (found, pair) = match contents(&self.files).await {
            Ok((cert, key)) => (digest(&cert, &key), Ok((cert, key))),
            Err(error) => ([0; 32], Err(error)),
        };
        if found == self.loaded {
            self.rejected = None;
            return ReloadOutcome::Unchanged;
        }
        match pair.and_then(|(cert, key)| acceptor(&self.files, &cert, &key, self.clock.unix_secs())) {
            Ok(acceptor) => {
                self.current.send_replace(acceptor);
                (self.loaded, self.rejected) = (found, None);
                ReloadOutcome::Replaced
            }
            Err(error) => match self.rejected {
                Some((digest, ReportState::Reported)) if digest == found => ReloadOutcome::Unchanged,
                Some((digest, ReportState::Pending)) if digest == found => {
                    self.rejected = Some((found, ReportState::Reported));
                    ReloadOutcome::StillBroken(error)
                }
                _ => {
                    self.rejected = Some((found, ReportState::Pending));
                    ReloadOutcome::Broken
                }
            },
        }
    }
}

impl CertificateError {
    fn new(file: &Path, problem: impl Into<String>, advice: &'static str) -> Self {
        Self { file: file.to_owned(), problem: problem.into(), advice }
    }
}

async fn contents(files: &CertificateFiles) -> Result<(Vec<u8>, Vec<u8>), CertificateError> {
    let failed = |file: &Path, error: &io::Error| {
        CertificateError::new(file, format!("cannot be read: {}", io_error_text(error)), NAME_FILES)
    };
    let cert = tokio::fs::read(&files.cert).await.map_err(|error| failed(&files.cert, &error))?;
    let key = tokio::fs::read(&files.key).await.map_err(|error| failed(&files.key, &error))?;
    Ok((cert, key))
}

fn digest(cert: &[u8], key: &[u8]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in [cert, key] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(files: &CertificateFiles, pair: &rcgen::CertifiedKey<rcgen::KeyPair>) {
        std::fs::write(&files.cert, pair.cert.pem()).unwrap();
        std::fs::write(&files.key, pair.signing_key.serialize_pem()).unwrap();
    }

    #[tokio::test]
    async fn a_new_pair_is_used_and_a_broken_one_is_reported_once() {
        let dir = tempfile::tempdir().unwrap();
        let files = CertificateFiles { cert: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
        let [first, second] = std::array::from_fn(|_| rcgen::generate_simple_self_signed(["form.example.org".to_owned()]).unwrap());
        write(&files, &first);
        let mut certificates = Certificates::load(files.clone(), Clock::system()).await.unwrap();
        let mut current = certificates.current();
        assert_eq!(certificates.reload().await, ReloadOutcome::Unchanged);

        std::fs::write(&files.cert, second.cert.pem()).unwrap();
        assert_eq!(certificates.reload().await, ReloadOutcome::Broken);
        let ReloadOutcome::StillBroken(error) = certificates.reload().await else { panic!("nobody was told") };
        assert!(error.to_string().ends_with("key.pem: is not the key of that certificate"));
        assert_eq!(certificates.reload().await, ReloadOutcome::Unchanged);
        std::fs::remove_file(&files.cert).unwrap();
        assert_eq!((certificates.reload().await, current.has_changed().unwrap()), (ReloadOutcome::Broken, false));

        write(&files, &second);
        assert_eq!((certificates.reload().await, current.has_changed().unwrap()), (ReloadOutcome::Replaced, true));
        assert_eq!(certificates.reload().await, ReloadOutcome::Unchanged);
        current.mark_unchanged();
        std::fs::write(&files.key, "nothing").unwrap();
        assert_eq!(certificates.reload().await, ReloadOutcome::Broken);
        let ReloadOutcome::StillBroken(error) = certificates.reload().await else { panic!("nobody was told") };
        assert!(error.to_string().ends_with("key.pem: holds no private key in PEM"), "{error}");
        write(&files, &second);
        assert_eq!((certificates.reload().await, current.has_changed().unwrap()), (ReloadOutcome::Unchanged, false));
    }

    #[tokio::test]
    async fn an_unreadable_certificate_is_reported_with_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let files = CertificateFiles { cert: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
        let error = async || Certificates::load(files.clone(), Clock::system()).await.err().unwrap().to_string();
        assert!(error().await.ends_with("cert.pem: cannot be read: no such file or directory"));
        std::fs::write(&files.cert, "").unwrap();
        std::fs::write(&files.key, "").unwrap();
        assert!(error().await.ends_with("cert.pem: is empty"));
    }
}
