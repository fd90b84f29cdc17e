//! The site that is served, apart from the pack's page.

use amanat_shared::envelope::RecipientKind;
use amanat_shared::pack::{Pack, SignedPack};

use crate::config::{LimitSettings, RetentionRules};

/// The site that is served.
#[derive(Clone, Debug)]
pub struct Site {
    /// The pack as signed, which goes into the page.
    pub signed: SignedPack,
    /// The same pack, verified.
    pub pack: Pack,
    /// Packs of the last 180 days that are not revoked, including the present one. Files sealed to them are accepted.
    pub accepted: Vec<AcceptedPack>,
    /// Serials of revoked packs.
    pub revoked: Vec<u64>,
    /// Origins of the site, e.g. `https://form.example.org`, which `Host` and a token's `aud` may name.
    pub origins: Vec<String>,
    /// Whether browsers reach the site through TLS, and must never use plain HTTP.
    pub tls: bool,
    /// The onion address, without a slash at the end.
    pub onion_location: Option<String>,
    /// Maximum length of a sealed file; see [`super::uploads::max_upload_bytes`].
    pub max_upload_bytes: u64,
    /// Names of the reviewers to notify of a registration.
    pub reviewers_to_notify: Vec<String>,
    /// The limits of one client and of all together.
    pub limits: LimitSettings,
    /// The time for which sealed files are kept.
    pub retention: RetentionRules,
}

/// A pack to which accepted files are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptedPack {
    /// Its serial.
    pub serial: u64,
    /// The visible shape of a file sealed to it: kind and number of stanzas.
    pub shape: (RecipientKind, usize),
}
