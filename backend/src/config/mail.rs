//! The `[mail]` and `[[reviewer]]` tables.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::extension::ClientId;
use serde::{Deserialize, Deserializer, de};

use super::{Interval, Schedule, TimeOfDay};

/// Default interval of the mail.
const DEFAULT_INTERVAL: Duration = Duration::from_hours(4);

/// A mail address, which is redacted in `Debug`.
#[derive(Clone)]
pub struct MailAddress(pub Mailbox);

/// The mail settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// The sender.
    pub from: MailAddress,
    /// The subject. It should be neutral, because anybody may read it over a reviewer's shoulder.
    #[serde(default = "default_subject")]
    pub subject: String,
    /// Interval of the fixed clock: mail goes out at multiples of it since 1970 (UTC), whenever registrations arrived.
    #[serde(default)]
    pub every: Option<Interval>,
    /// Times of day (UTC) of the fixed clock, instead of `every`. The default is every four hours.
    #[serde(default)]
    pub at: Option<Vec<TimeOfDay>>,
    /// Whether the mail tells the number of waiting files.
    #[serde(default)]
    pub count: bool,
    /// Whether mail goes out at every tick, so that even its absence tells nothing.
    #[serde(default)]
    pub even_if_none: bool,
    /// The SMTP server, unless `folder` is set.
    #[serde(default)]
    pub smtp: Option<SmtpSettings>,
    /// The folder for `.eml` files, unless `smtp` is set.
    #[serde(default)]
    pub folder: Option<PathBuf>,
}

/// An SMTP server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// The name, as in the server's certificate.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user name, if the server requires authentication.
    #[serde(default)]
    pub username: Option<String>,
    /// A file that holds the password and nothing else.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Protection of the connection.
    #[serde(default)]
    pub tls: SmtpTls,
    /// PEM certificates to trust for this server, instead of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The name in EHLO. The default is `[127.0.0.1]`, which tells nothing of this machine.
    #[serde(default)]
    pub helo_name: Option<HeloName>,
}

/// Protection of a connection to a mail server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// The connection begins in the clear and must change to TLS before anything is said (port 587).
    #[default]
    Starttls,
    /// TLS from the first byte (port 465).
    Implicit,
    /// No protection, which is allowed for a server on this machine only.
    None,
}

/// A reviewer who gets mail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviewer {
    /// The name in the pack.
    pub name: String,
    /// The mail address.
    pub address: MailAddress,
}

/// A name for EHLO: a domain, or an address in brackets (RFC 5321, 4.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeloName(pub ClientId);

impl FromStr for HeloName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let literal = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let client = match literal {
            Some(address) => match (address.strip_prefix("IPv6:"), address.parse()) {
                (Some(address), _) => address.parse().ok().map(ClientId::Ipv6),
                (None, Ok(address)) => Some(ClientId::Ipv4(address)),
                (None, Err(_)) => None,
            },
            None => is_domain(text).then(|| ClientId::Domain(text.to_owned())),
        };
        client.map(Self).ok_or("is no full name of a machine, such as \"mail.example.org\", and no address in brackets")
    }
}

impl<'de> Deserialize<'de> for HeloName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Checks for a domain with a dot, because mail servers refuse a bare name as they refuse none.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}

impl MailSettings {
    /// Returns the schedule of the mail.
    pub fn schedule(&self) -> Schedule {
        match &self.at {
            Some(times) => Schedule::at(times.clone()),
            None => Schedule::every(self.every.map_or(DEFAULT_INTERVAL, |every| every.0)),
        }
    }

    pub(super) fn check(&self) -> Result<(), (String, String)> {
        let invalid = |key: &str, message: &str| Err((key.to_owned(), message.to_owned()));
        match (&self.every, &self.at) {
            (Some(_), Some(_)) => return invalid("mail", "there are both `every` and `at`; only one can be the clock"),
            (_, Some(times)) if times.is_empty() => {
                return invalid("mail.at", "is empty: at least one time of day (UTC) is needed, such as \"06:00\"");
            }
            _ => {}
        }
        match (&self.smtp, &self.folder) {
            (None, None) => invalid("mail", "there is no [mail.smtp], and no `folder` to write mail into"),
            (Some(_), Some(_)) => invalid("mail", "there are both [mail.smtp] and `folder`; only one can be used"),
            (Some(smtp), None) => smtp.check(),
            (None, Some(_)) => Ok(()),
        }
    }
}

impl SmtpSettings {
    fn check(&self) -> Result<(), (String, String)> {
        let invalid = |key: &str, message: &str| Err((format!("mail.smtp.{key}"), message.to_owned()));
        if self.tls == SmtpTls::None && !self.is_local() {
            return invalid(
                "tls",
                "is \"none\", which is only for a mail server on this machine; use \"starttls\" or \"implicit\"",
            );
        }
        match (&self.username, &self.password_file) {
            (Some(_), None) => invalid("password_file", "is missing, and there is a `username`"),
            (None, Some(_)) => invalid("username", "is missing, and there is a `password_file`"),
            _ => Ok(()),
        }
    }

    /// Checks whether the server is on this machine, in any spelling of its address.
    fn is_local(&self) -> bool {
        let name = self.host.strip_suffix('.').unwrap_or(&self.host);
        name.eq_ignore_ascii_case("localhost")
            || self.host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

impl<'de> Deserialize<'de> for MailAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map(Self)
            .map_err(|_| de::Error::custom("is no mail address; needed is name@example.org or \"Name <name@example.org>\""))
    }
}

fn default_subject() -> String {
    "Waiting".to_owned()
}
