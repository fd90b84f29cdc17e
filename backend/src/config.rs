//! The configuration of one deployment, `amanat.toml`. An environment variable overrides each value (`AMANAT_LISTEN`,
//! `AMANAT_MAIL__EVERY`, …: two underscores stand between a table and its key).
//!
//! This module is a leaf: it imports nothing else of the crate.

mod demo;
mod limits;
mod listeners;
mod mail;
mod network;
mod retention;
mod schedule;

pub use limits::{ByteSize, LimitSettings};
pub use listeners::{CertificateFiles, is_onion};
pub use mail::{HeloName, MailAddress, MailSettings, Reviewer, SmtpSettings, SmtpTls};
pub use network::Network;
pub use retention::{RetentionRules, RetentionSettings};
pub use schedule::{Schedule, TimeOfDay};

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::error::{Actual, Kind};
use figment::providers::{Env, Format, Toml};
use serde::{Deserialize, Deserializer, de};

/// The advice for a value that cannot be used.
const CORRECT: &str = "Correct that value, and start again.";
/// Keys of the first level. Variables of build and test tools begin with `AMANAT_` too, and are not among these.
const KEYS: [&str; 15] = [
    "listen",
    "onion_listen",
    "metrics_listen",
    "trusted_proxies",
    "max_connections",
    "tls",
    "origins",
    "database",
    "journal",
    "pack",
    "onion_location",
    "limits",
    "retention",
    "mail",
    "reviewer",
];

/// A deployment's configuration. Once loaded, its paths are absolute, or relative to the working folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address of the public listener: with `tls` for browsers, without for a reverse proxy.
    pub listen: SocketAddr,
    /// Address of the onion service's listener, in plain HTTP.
    #[serde(default)]
    pub onion_listen: Option<SocketAddr>,
    /// Address of the metrics' listener, which serves nothing else.
    #[serde(default)]
    pub metrics_listen: Option<SocketAddr>,
    /// Reverse proxies whose `X-Forwarded-For` is trusted.
    #[serde(default)]
    pub trusted_proxies: Vec<Network>,
    /// Maximum of connections at a time. The default is what the system allows.
    #[serde(default)]
    pub max_connections: Option<NonZeroUsize>,
    /// The certificate for `listen`.
    #[serde(default)]
    pub tls: Option<CertificateFiles>,
    /// Every origin at which the site is reached (`https://form.example.org`, `http://….onion`). A reviewer's token names one
    /// of them.
    pub origins: Vec<String>,
    /// The database.
    pub database: Database,
    /// The audit journal, from which a restored backup learns what to delete again. By default it lies beside the database's
    /// file, or, for a server, beside the configuration (`amanat.journal`).
    #[serde(default)]
    pub journal: PathBuf,
    /// `pack.json`. Its signatures lie beside it as `pack.json.N.minisig`.
    pub pack: PathBuf,
    /// The site's onion address, for the `Onion-Location` header.
    #[serde(default)]
    pub onion_location: Option<String>,
    /// The limits of one client and of all together.
    #[serde(default)]
    pub limits: LimitSettings,
    /// The time for which sealed files are kept.
    #[serde(default)]
    pub retention: RetentionSettings,
    /// The mail to reviewers.
    pub mail: MailSettings,
    /// The reviewers who get mail.
    #[serde(default)]
    pub reviewer: Vec<Reviewer>,
}

/// A database address, which is redacted in `Debug` because it may hold a password.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Database(String);

/// A span of time: a whole number with `s`, `m`, `h` or `d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval(pub Duration);

/// An unusable configuration: where it was read, the key, and what is wrong. It never holds a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("{place}: {message}")]
pub struct ConfigError {
    place: String,
    message: String,
    #[help]
    advice: &'static str,
}

impl Config {
    /// Reads the file and the environment.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        if let Err(error) = std::fs::read(file) {
            return Err(ConfigError {
                place: file.display().to_string(),
                message: format!("cannot be read: {}", io_error_text(&error)),
                advice: "Name a configuration with --config, or let `amanat init DIR` write one.",
            });
        }
        Self::read(Figment::from(Toml::file_exact(file)), file, file)
    }

    /// Extracts and checks a configuration. Errors name `place`, and paths are relative to the folder of `file`.
    fn read(settings: Figment, place: &Path, file: &Path) -> Result<Self, ConfigError> {
        let figment = settings.merge(environment().split("__"));
        let mut config: Self = figment.extract().map_err(|error| config_error(place, &error))?;
        config.check().map_err(|(key, message)| ConfigError {
            place: format!("{}: {key}", place.display()),
            message,
            advice: CORRECT,
        })?;
        config.resolve(file);
        Ok(config)
    }

    fn check(&self) -> Result<(), (String, String)> {
        let invalid = |key: &str, message: &str| Err((key.to_owned(), message.to_owned()));
        if self.origins.is_empty() {
            return invalid("origins", "is empty: at least one origin is needed, such as \"https://form.example.org\"");
        }
        for (index, origin) in self.origins.iter().enumerate() {
            let whole = amanat_shared::api::origin(origin).is_some_and(|found| found == origin);
            if !whole || !(origin.starts_with("https://") || origin.starts_with("http://")) {
                return invalid(&format!("origins[{index}]"), "is no origin: https:// and a name, and no slash at the end");
            }
        }
        self.check_onion()?;
        self.mail.check()?;
        self.retention.check()?;
        self.limits.check()?;
        for (index, reviewer) in self.reviewer.iter().enumerate() {
            if self.reviewer[..index].iter().any(|earlier| earlier.name == reviewer.name) {
                return invalid(&format!("reviewer[{index}].name"), "is there twice");
            }
        }
        Ok(())
    }

    fn resolve(&mut self, file: &Path) {
        let folder = file.parent().unwrap_or_else(|| Path::new(""));
        let resolve_path = |path: &mut PathBuf| *path = folder.join(&*path);
        resolve_path(&mut self.pack);
        if let Some(tls) = &mut self.tls {
            resolve_path(&mut tls.cert);
            resolve_path(&mut tls.key);
        }
        self.database.resolve(folder);
        self.journal = match (self.journal.as_os_str().is_empty(), self.database.path()) {
            (false, _) => folder.join(&self.journal),
            (true, Some(database)) => journal_of(database),
            // Several servers on one machine have several configurations, and a journal each.
            (true, None) => file.with_extension("journal"),
        };
        self.mail.folder.as_mut().map(resolve_path);
        if let Some(smtp) = &mut self.mail.smtp {
            smtp.password_file.as_mut().map(resolve_path);
            smtp.ca_file.as_mut().map(resolve_path);
        }
    }
}

impl Database {
    /// Creates the address of a `SQLite` file.
    pub fn file(path: &Path) -> Self {
        Self(format!("sqlite://{}", path.display()))
    }

    /// Returns the URL for `Store::open`.
    pub fn url(&self) -> &str {
        &self.0
    }

    /// Returns the file, or `None` where the database is a server.
    pub fn path(&self) -> Option<&Path> {
        self.0.strip_prefix("sqlite://").map(Path::new)
    }

    /// Makes a file's path of an address without a scheme.
    fn resolve(&mut self, folder: &Path) {
        if !self.0.contains("://") {
            *self = Self::file(&folder.join(self.0.strip_prefix("sqlite:").unwrap_or(&self.0)));
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({}…)", self.0.split("://").next().unwrap_or_default())
    }
}

impl std::str::FromStr for Interval {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit_secs = match text.chars().last() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            _ => 0,
        };
        let number = text.get(..text.len().saturating_sub(1)).and_then(|number| number.parse::<u32>().ok());
        match number {
            Some(number @ 1..) if unit_secs > 0 => Ok(Self(Duration::from_secs(u64::from(number) * unit_secs))),
            _ => Err("a whole number and s, m, h or d are needed, such as \"4h\""),
        }
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Returns the environment variables that are meant for a configuration.
fn environment() -> Env {
    Env::prefixed("AMANAT_").filter(|key| {
        KEYS.iter().any(|known| key.as_str().split("__").next().is_some_and(|first| first.eq_ignore_ascii_case(known)))
    })
}

/// Returns the default journal of a database's file.
pub fn journal_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".journal");
    name.into()
}

/// Formats an I/O error without its number.
fn io_error_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// Converts figment's error, with the file (or variable) and the key.
fn config_error(file: &Path, error: &figment::Error) -> ConfigError {
    let key = |last: Option<&str>| {
        error.path.iter().map(String::as_str).chain(last).fold(String::new(), |key, step| match step.parse::<usize>() {
            Ok(index) => format!("{key}[{index}]"),
            Err(_) if key.is_empty() => step.to_owned(),
            Err(_) => format!("{key}.{step}"),
        })
    };
    let from_environment = error.metadata.as_ref().is_some_and(|metadata| metadata.name.contains("environment"));
    let place = |key: String| match (from_environment, key.is_empty()) {
        (true, _) => format!("environment: AMANAT_{}", key.to_uppercase().replace('.', "__")),
        (false, true) => file.display().to_string(),
        (false, false) => format!("{}: {key}", file.display()),
    };
    let (place, message, advice) = match &error.kind {
        Kind::MissingField(name) => (
            format!("{}: {}", file.display(), key(Some(name))),
            "is missing".to_owned(),
            "Add that key; `amanat init DIR` writes a file that explains each.",
        ),
        Kind::UnknownField(name, known) => {
            let known = known.join(", ");
            let path = if error.path.last() == Some(name) { key(None) } else { key(Some(name)) };
            (place(path), format!("there is no such key; here can be {known}"), "Correct the key's name, or remove it.")
        }
        Kind::UnknownVariant(_, known) => (place(key(None)), format!("must be one of {}", known.join(", ")), CORRECT),
        Kind::InvalidType(found, wanted) => (place(key(None)), format!("must be {wanted}, not {}", type_name(found)), CORRECT),
        Kind::Message(message) => (place(key(None)), message.lines().collect::<Vec<_>>().join(" "), CORRECT),
        _ => (place(key(None)), "has a value that cannot be used".to_owned(), CORRECT),
    };
    ConfigError { place, message, advice }
}

/// Names the type of the value that was found, but not the value, which may be a secret in the wrong place.
fn type_name(found: &Actual) -> &'static str {
    match found {
        Actual::Bool(_) => "true or false",
        Actual::Unsigned(_) | Actual::Signed(_) => "a number",
        Actual::Float(_) => "a number with a fraction",
        Actual::Str(_) | Actual::Char(_) => "a text",
        Actual::Seq => "a list",
        Actual::Map => "a table",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests;
