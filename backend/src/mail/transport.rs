//! How mail travels: over SMTP, or into a folder as `.eml` files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amanat_shared::api::hex;
use lettre::Message;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use crate::config::{Mail, Smtp, Tls, plain};
use crate::files::{self, Readers};

/// Longest time for a whole mail. Lettre's own limit covers the connection only.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);
/// Longest wait for a mail server to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// What a PEM file with a certificate holds.
const MARK: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// How mail travels.
#[derive(Clone)]
pub enum Transport {
    /// Over SMTP.
    Smtp(Box<Server>),
    /// Into this folder.
    Folder(PathBuf),
}

/// A mail server, and how to talk to it.
#[derive(Clone)]
pub struct Server {
    host: String,
    port: u16,
    protection: Protection,
    credentials: Option<Credentials>,
    /// Longest time for one mail.
    patience: Duration,
}

#[derive(Clone)]
enum Protection {
    None,
    Starttls(TlsParameters),
    Implicit(TlsParameters),
}

/// A transport that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The folder cannot be made.
    #[error("mail folder {0} cannot be made: {1}")]
    Folder(String, String),
    /// The password's file, or the certificate's, cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, String),
    /// Everybody on the machine can read the password.
    #[error("password file {0} can be read by everybody on this machine")]
    OpenPassword(String),
    /// There is no password in the file.
    #[error("password file {0} is empty")]
    EmptyPassword(String),
    /// Not PEM certificates.
    #[error("{0} is no certificate in PEM")]
    Certificate(String),
    /// TLS cannot be set up, e.g. because the system has no certificates.
    #[error("TLS for the mail server cannot be set up")]
    Tls,
}

impl TransportError {
    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::Folder(..) => "Correct `mail.folder`, or the rights of the folder above it.".to_owned(),
            Self::Unreadable(path, _) => format!("Correct the path in [mail.smtp], or the rights of {path}."),
            Self::OpenPassword(path) => format!("Change that: chmod o= {path}"),
            Self::EmptyPassword(path) => format!("Write the password into {path}, and nothing else."),
            Self::Certificate(_) => "Name a file with -----BEGIN CERTIFICATE----- in `mail.smtp.ca_file`.".to_owned(),
            Self::Tls => "Install the system's certificates (ca-certificates), or name your own in `mail.smtp.ca_file`.".to_owned(),
        }
    }
}

/// A mail that did not go out.
#[derive(Debug, thiserror::Error)]
#[error("{code}")]
pub struct SendError {
    /// What may be kept and logged: `smtp 451`, `tls`, `client` (the server does not offer what is configured), `timeout`,
    /// `connection`, `folder`. Never the server's text, which may
    /// quote an address.
    pub code: String,
    /// Whether another attempt can help.
    pub transient: bool,
    /// What was answered, for a person who is testing.
    pub answer: String,
}

impl Transport {
    /// Sets it up; nothing is sent yet.
    pub fn new(settings: &Mail) -> Result<Self, TransportError> {
        match (&settings.smtp, &settings.folder) {
            (Some(smtp), _) => Self::over_smtp(smtp, PATIENCE),
            (None, folder) => Self::new_folder(folder.as_deref().unwrap_or_else(|| Path::new("mail"))),
        }
    }

    /// A folder, made if it is missing.
    pub fn new_folder(folder: &Path) -> Result<Self, TransportError> {
        files::folder(folder).map_err(|error| TransportError::Folder(folder.display().to_string(), plain(&error)))?;
        Ok(Self::Folder(folder.to_owned()))
    }

    /// A mail server, and the longest time for one mail. Nothing is said to it yet.
    pub fn over_smtp(settings: &Smtp, patience: Duration) -> Result<Self, TransportError> {
        let protection = match settings.tls {
            Tls::Starttls => Protection::Starttls(tls(settings)?),
            Tls::Implicit => Protection::Implicit(tls(settings)?),
            Tls::None => Protection::None,
        };
        let credentials = match (&settings.username, &settings.password_file) {
            (Some(username), Some(file)) => Some(Credentials::new(username.clone(), password(file)?)),
            _ => None,
        };
        Ok(Self::Smtp(Box::new(Server { host: settings.host.clone(), port: settings.port, protection, credentials, patience })))
    }

    /// Sends one mail; says what was answered.
    pub async fn send(&self, message: Message) -> Result<String, SendError> {
        match self {
            Self::Smtp(server) => server.send(&message).await,
            Self::Folder(folder) => {
                let bytes = message.formatted();
                let path = folder.join(format!("{}.eml", hex(&Sha256::digest(&bytes)[..16])));
                let answer = path.display().to_string();
                let written = tokio::task::spawn_blocking(move || files::replace(&path, &bytes, Readers::Owner)).await;
                match written.unwrap_or_else(|_| Err(std::io::Error::other("writing was cut short"))) {
                    Ok(()) => Ok(answer),
                    Err(error) => Err(SendError {
                        code: "folder".to_owned(),
                        transient: true,
                        answer: format!("{answer}: {}", plain(&error)),
                    }),
                }
            }
        }
    }
}

impl Server {
    async fn send(&self, message: &Message) -> Result<String, SendError> {
        let sending = async {
            let mut connection = self.connect().await?;
            let answer = connection.send(message.envelope(), &message.formatted()).await?;
            Ok::<(AsyncSmtpConnection, Response), lettre::transport::smtp::Error>((connection, answer))
        };
        match timeout(self.patience, sending).await {
            Ok(Ok((mut connection, answer))) => {
                // The mail is theirs already: a server that does not say goodbye has it nevertheless.
                let _ = timeout(GOODBYE.min(self.patience), connection.quit()).await;
                Ok(format!("{} {}", answer.code(), answer.message().collect::<Vec<_>>().join(" ")))
            }
            Ok(Err(error)) => Err(refused(&error)),
            Err(_) => Err(SendError {
                code: "timeout".to_owned(),
                transient: true,
                answer: format!("no answer in {} s", self.patience.as_secs()),
            }),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        // It does not tell this machine's name.
        let name = ClientId::default();
        let implicit = if let Protection::Implicit(tls) = &self.protection { Some(tls.clone()) } else { None };
        let address = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, Some(self.patience), &name, implicit, None).await?;
        if let Protection::Starttls(tls) = &self.protection {
            // Fails where the server does not offer it.
            connection.starttls(tls.clone(), &name).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

fn tls(settings: &Smtp) -> Result<TlsParameters, TransportError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(file) = &settings.ca_file {
        let name = file.display().to_string();
        let pem = fs::read(file).map_err(|error| TransportError::Unreadable(name.clone(), plain(&error)))?;
        let certificates = Certificate::from_pem(&pem).ok().filter(|_| pem.windows(MARK.len()).any(|window| window == MARK));
        let certificates = certificates.ok_or(TransportError::Certificate(name))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificates);
    }
    builder.build_rustls().map_err(|_| TransportError::Tls)
}

fn password(file: &Path) -> Result<String, TransportError> {
    let name = || file.display().to_string();
    let unreadable = |error: std::io::Error| TransportError::Unreadable(name(), plain(&error));
    if fs::metadata(file).map_err(unreadable)?.permissions().mode() & 0o007 != 0 {
        return Err(TransportError::OpenPassword(name()));
    }
    let text = zeroize::Zeroizing::new(fs::read_to_string(file).map_err(unreadable)?);
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(TransportError::EmptyPassword(name())),
        password => Ok(password.to_owned()),
    }
}

fn refused(error: &lettre::transport::smtp::Error) -> SendError {
    let code = match error.status() {
        Some(status) => format!("smtp {status}"),
        None if error.is_timeout() => "timeout".to_owned(),
        None if error.is_tls() || is_about_tls(error) => "tls".to_owned(),
        None if error.is_client() => "client".to_owned(),
        None => "connection".to_owned(),
    };
    let mut answer = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !answer.contains(&text) {
            answer = format!("{answer}: {text}");
        }
        cause = error.source();
    }
    SendError { code, transient: !error.is_permanent(), answer }
}

/// Rustls's errors arrive as I/O errors about data.
fn is_about_tls(error: &dyn std::error::Error) -> bool {
    std::iter::successors(error.source(), |error| error.source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::InvalidData)
}
