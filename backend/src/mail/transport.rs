//! Delivers mail over SMTP, or into a folder as `.eml` files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amanat_shared::api::hex;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use lettre::{Address, Message};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use crate::config::{MailSettings, SmtpSettings, SmtpTls};
use crate::files::{self, Readers, io_error_text};

/// Longest time for a whole mail. Lettre's own timeout covers the connection only.
pub(super) const SEND_TIMEOUT: Duration = Duration::from_mins(2);
/// Longest wait for the answer to QUIT.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);
/// The beginning of a certificate in a PEM file.
const PEM_MARK: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// A way to deliver mail.
#[derive(Clone)]
pub enum Transport {
    /// Delivers over SMTP.
    Smtp(Box<SmtpServer>),
    /// Writes into this folder.
    Folder(PathBuf),
}

/// An SMTP server with its settings.
#[derive(Clone)]
pub struct SmtpServer {
    host: String,
    port: u16,
    protection: Protection,
    credentials: Option<Credentials>,
    /// The name in EHLO.
    helo_name: ClientId,
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
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum TransportError {
    /// The folder cannot be created.
    #[error("mail folder {0} cannot be made: {1}")]
    #[diagnostic(help("Correct `mail.folder`, or the rights of the folder above it."))]
    Folder(String, String),
    /// The file of the password or of the certificates cannot be read.
    #[error("{0} cannot be read: {1}")]
    #[diagnostic(help("Correct the path in [mail.smtp], or the rights of {0}."))]
    Unreadable(String, String),
    /// Every user of the machine can read the password.
    #[error("password file {0} can be read by everybody on this machine")]
    #[diagnostic(help("Change that: chmod o= {0}"))]
    OpenPassword(String),
    /// The password's file is empty.
    #[error("password file {0} is empty")]
    #[diagnostic(help("Write the password into {0}, and nothing else."))]
    EmptyPassword(String),
    /// The file holds no PEM certificate.
    #[error("{0} is no certificate in PEM")]
    #[diagnostic(help("Name a file with -----BEGIN CERTIFICATE----- in `mail.smtp.ca_file`."))]
    Certificate(String),
    /// TLS cannot be set up, e.g. because the system has no certificates.
    #[error("TLS for the mail server cannot be set up")]
    #[diagnostic(help("Install the system's certificates (ca-certificates), or name your own in `mail.smtp.ca_file`."))]
    Tls,
}

/// A mail that was not sent.
#[derive(Debug, thiserror::Error)]
#[error("{code}")]
pub struct SendError {
    /// A code that may be stored and logged: `smtp 451`, `tls`, `client` (the server does not offer what is configured),
    /// `timeout`, `connection`, `folder`. It never holds the server's text, which may quote an address.
    pub code: String,
    /// Whether another attempt can succeed.
    pub transient: bool,
    /// The server's answer, for a person who sends a test mail.
    pub answer: String,
    /// Whether the mail server may have the mail nevertheless, because it received all of it and did not answer.
    pub unconfirmed: bool,
    /// Whether the server refused the name in EHLO.
    pub helo: bool,
}

impl SendError {
    /// Creates a failure that occurred before the server had the mail.
    pub(super) fn new(code: &str, transient: bool, answer: String) -> Self {
        Self { code: code.to_owned(), transient, answer, unconfirmed: false, helo: false }
    }
}

impl Transport {
    /// Sets up the configured transport without sending anything.
    pub fn new(settings: &MailSettings) -> Result<Self, TransportError> {
        match (&settings.smtp, &settings.folder) {
            (Some(smtp), _) => Self::new_smtp(smtp, SEND_TIMEOUT),
            (None, folder) => Self::new_folder(folder.as_deref().unwrap_or_else(|| Path::new("mail"))),
        }
    }

    /// Sets up a folder, which is created if it is missing.
    pub fn new_folder(folder: &Path) -> Result<Self, TransportError> {
        files::create_folder(folder)
            .map_err(|error| TransportError::Folder(folder.display().to_string(), io_error_text(&error)))?;
        Ok(Self::Folder(folder.to_owned()))
    }

    /// Sets up an SMTP server without connecting to it. `patience` is the longest time for one mail.
    pub fn new_smtp(settings: &SmtpSettings, patience: Duration) -> Result<Self, TransportError> {
        let protection = match settings.tls {
            SmtpTls::Starttls => Protection::Starttls(tls(settings)?),
            SmtpTls::Implicit => Protection::Implicit(tls(settings)?),
            SmtpTls::None => Protection::None,
        };
        let credentials = match (&settings.username, &settings.password_file) {
            (Some(username), Some(file)) => Some(Credentials::new(username.clone(), password(file)?)),
            _ => None,
        };
        // The default name does not tell this machine's name.
        let helo_name = settings.helo_name.clone().map_or_else(ClientId::default, |name| name.0);
        let (host, port) = (settings.host.clone(), settings.port);
        Ok(Self::Smtp(Box::new(SmtpServer { host, port, protection, credentials, helo_name, patience })))
    }

    /// Sends one mail and returns the answer.
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
                    Err(error) => Err(SendError::new("folder", true, format!("{answer}: {}", io_error_text(&error)))),
                }
            }
        }
    }
}

impl SmtpServer {
    async fn send(&self, message: &Message) -> Result<String, SendError> {
        let mut stage = Stage::Greeting;
        let sending = timeout(self.patience, self.deliver(message, &mut stage)).await;
        match sending {
            Ok(Ok((mut connection, answer))) => {
                // The server has the mail already, even if it does not answer QUIT.
                let _ = timeout(QUIT_TIMEOUT.min(self.patience), connection.quit()).await;
                Ok(format!("{} {}", answer.code(), answer.message().collect::<Vec<_>>().join(" ")))
            }
            Ok(Err(error)) => Err(classify(&error, stage)),
            Err(_) => {
                let error = SendError::new("timeout", true, format!("no answer in {} s", self.patience.as_secs()));
                Err(SendError { unconfirmed: stage == Stage::Sent, ..error })
            }
        }
    }

    /// Sends a mail, and records in `stage` how far it has come.
    async fn deliver(&self, message: &Message, stage: &mut Stage) -> Result<(AsyncSmtpConnection, Response), SmtpError> {
        let mut connection = self.connect(stage).await?;
        *stage = Stage::Envelope;
        match submit(&mut connection, message, stage).await {
            Ok(answer) => Ok((connection, answer)),
            Err(error) => {
                let _ = timeout(QUIT_TIMEOUT.min(self.patience), connection.abort()).await;
                Err(error)
            }
        }
    }

    async fn connect(&self, stage: &mut Stage) -> Result<AsyncSmtpConnection, SmtpError> {
        let name = &self.helo_name;
        let implicit = if let Protection::Implicit(tls) = &self.protection { Some(tls.clone()) } else { None };
        let address = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, Some(self.patience), name, implicit, None).await?;
        if let Protection::Starttls(tls) = &self.protection {
            // This fails where the server does not offer STARTTLS.
            connection.starttls(tls.clone(), name).await?;
        }
        if let Some(credentials) = &self.credentials {
            *stage = Stage::Login;
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

/// Sends like [`AsyncSmtpConnection::send`], which does not tell whether the text was sent when it fails.
async fn submit(connection: &mut AsyncSmtpConnection, message: &Message, stage: &mut Stage) -> Result<Response, SmtpError> {
    let (envelope, mail) = (message.envelope(), message.formatted());
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    if !mail.is_ascii() || !envelope.to().iter().chain(envelope.from()).all(is_ascii) {
        // Lettre checks for the SMTP extensions that these need.
        return connection.send(envelope, &mail).await;
    }
    connection.command(commands::Mail::new(envelope.from().cloned(), Vec::new())).await?;
    for address in envelope.to() {
        connection.command(commands::Rcpt::new(address.clone(), Vec::new())).await?;
    }
    connection.command(commands::Data).await?;
    *stage = Stage::Sent;
    connection.message(&mail).await
}

/// The progress of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The greeting, EHLO and TLS.
    Greeting,
    Login,
    /// Sender, recipients, and the DATA command.
    Envelope,
    /// The text is being sent, or was sent.
    Sent,
}

fn tls(settings: &SmtpSettings) -> Result<TlsParameters, TransportError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(file) = &settings.ca_file {
        let name = file.display().to_string();
        let pem = fs::read(file).map_err(|error| TransportError::Unreadable(name.clone(), io_error_text(&error)))?;
        let certificates =
            Certificate::from_pem(&pem).ok().filter(|_| pem.windows(PEM_MARK.len()).any(|window| window == PEM_MARK));
        let certificates = certificates.ok_or(TransportError::Certificate(name))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificates);
    }
    builder.build_rustls().map_err(|_| TransportError::Tls)
}

fn password(file: &Path) -> Result<String, TransportError> {
    let name = || file.display().to_string();
    let unreadable = |error: std::io::Error| TransportError::Unreadable(name(), io_error_text(&error));
    if fs::metadata(file).map_err(unreadable)?.permissions().mode() & 0o007 != 0 {
        return Err(TransportError::OpenPassword(name()));
    }
    let text = zeroize::Zeroizing::new(fs::read_to_string(file).map_err(unreadable)?);
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(TransportError::EmptyPassword(name())),
        password => Ok(password.to_owned()),
    }
}

fn classify(error: &SmtpError, stage: Stage) -> SendError {
    let code = match error.status() {
        Some(status) => format!("smtp {status}"),
        None if error.is_timeout() => "timeout".to_owned(),
        None if error.is_tls() || is_tls_error(error) => "tls".to_owned(),
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
    // Postfix checks the name at the RCPT command, and tells so only in the text of its answer.
    let words = answer.to_ascii_lowercase();
    let names_it = ["helo", "ehlo", "hostname"].iter().any(|word| words.contains(word));
    let helo = error.is_permanent() && stage != Stage::Login && (code == "smtp 504" || (code.starts_with("smtp 5") && names_it));
    let unconfirmed = stage == Stage::Sent && error.status().is_none();
    SendError { code, transient: !error.is_permanent(), answer, unconfirmed, helo }
}

/// Rustls's errors arrive as I/O errors of the kind `InvalidData`.
fn is_tls_error(error: &dyn std::error::Error) -> bool {
    std::iter::successors(error.source(), |error| error.source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::InvalidData)
}
