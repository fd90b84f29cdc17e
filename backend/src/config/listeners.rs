//! Settings of the listeners: the certificate, and where onion names are answered.

use std::path::PathBuf;

use serde::Deserialize;

use super::Config;

/// The files of a certificate and its key, which are read again when they change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFiles {
    /// The chain in PEM, the site's own certificate first.
    pub cert: PathBuf,
    /// The private key in PEM.
    pub key: PathBuf,
}

/// Checks whether this host or origin is an onion service's.
pub fn is_onion(host: &str) -> bool {
    let port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let name = host.rsplit_once(':').filter(|(_, after)| port(after)).map_or(host, |(name, _)| name);
    name.rsplit_once('.').is_some_and(|(_, last)| last.eq_ignore_ascii_case("onion"))
}

impl Config {
    /// Checks that onion names are answered on the onion's own listener only, where nobody has an address and nobody is told to
    /// use TLS.
    pub(super) fn check_onion(&self) -> Result<(), (String, String)> {
        let invalid = |key: &str, message: &str| Err((key.to_owned(), message.to_owned()));
        let onions = || self.origins.iter().filter(|origin| is_onion(origin));
        if self.onion_listen.is_none() && onions().next().is_some() {
            return invalid("onion_listen", "is missing, and there is an onion address in `origins`; it is answered there only");
        }
        if self.onion_listen.is_some() && onions().next().is_none() {
            return invalid("origins", "has no onion address, such as \"http://….onion\", and there is `onion_listen`");
        }
        match &self.onion_location {
            Some(location) if !onions().any(|origin| origin == location) => {
                invalid("onion_location", "is no onion address of `origins`: the same text has to be there")
            }
            _ => Ok(()),
        }
    }
}
