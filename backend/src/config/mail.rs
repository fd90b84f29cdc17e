//! `[mail]` and `[[reviewer]]`: how mail goes out, when, and to whom.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::extension::ClientId;
use serde::{Deserialize, Deserializer, de};

use super::{Interval, Schedule, TimeOfDay};

/// Where mail goes out that says nothing else of it.
const DEFAULT_INTERVAL: Duration = Duration::from_hours(4);

/// A mail address; whose it is, is not shown.
#[derive(Clone)]
pub struct MailAddress(pub Mailbox);

/// How and how often mail goes out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// The sender.
    pub from: MailAddress,
    /// The subject, which anybody may see who looks over a reviewer's shoulder.
    #[serde(default = "default_subject")]
    pub subject: String,
    /// The fixed clock: mail goes out at multiples of this time since 1970 (UTC), whenever something arrived.
    #[serde(default)]
    pub every: Option<Interval>,
    /// The fixed clock in other words: times of day (UTC). Or else `every`; four hours if there is neither.
    #[serde(default)]
    pub at: Option<Vec<TimeOfDay>>,
    /// Whether the mail says how many files wait.
    #[serde(default)]
    pub count: bool,
    /// Whether mail goes out every time, so that even its absence says nothing.
    #[serde(default)]
    pub even_if_none: bool,
    /// Send over SMTP; or else `folder`.
    #[serde(default)]
    pub smtp: Option<SmtpSettings>,
    /// Write `.eml` files into this folder; or else `smtp`.
    #[serde(default)]
    pub folder: Option<PathBuf>,
}

/// A mail server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// Its name, as in its certificate.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whom to log in as, if it wants that.
    #[serde(default)]
    pub username: Option<String>,
    /// A file that holds the password and nothing else.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: SmtpTls,
    /// PEM certificates to trust for this server, instead of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// How this program introduces itself (EHLO). If not said, as `[127.0.0.1]`, which tells nothing of this machine.
    #[serde(default)]
    pub helo_name: Option<HeloName>,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// It begins in the clear and must change to TLS before anything is said (port 587).
    #[default]
    Starttls,
    /// TLS from the first byte (port 465).
    Implicit,
    /// Not at all: only for a server on this machine.
    None,
}

/// A reviewer who gets mail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviewer {
    /// The name in the pack.
    pub name: String,
    /// Where mail goes.
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

/// Mail servers refuse a name without a dot as well as no name.
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
    /// When mail goes out.
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

    /// Whether what is said to it stays on this machine, in any of the ways to write that.
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
