//! The site that is served, apart from the pack's page.

use amanat_shared::pack::{Pack, SignedPack};
use amanat_shared::seal::Kind;

use crate::config::{LimitSettings, RetentionRules};

/// What is served.
#[derive(Clone, Debug)]
pub struct Site {
    /// The pack as signed, which goes into the page.
    pub signed: SignedPack,
    /// The same, verified.
    pub pack: Pack,
    /// Packs of the last 180 days that are not revoked, the present one among them: what was sealed to them gets in.
    pub accepted: Vec<AcceptedPack>,
    /// Serials that are revoked.
    pub revoked: Vec<u64>,
    /// Where the site is reached, e.g. `https://form.example.org`: what `Host` and a token's `aud` may be.
    pub origins: Vec<String>,
    /// Whether browsers reach it through TLS, and shall never do otherwise.
    pub tls: bool,
    /// Its onion address, without a slash at the end.
    pub onion_location: Option<String>,
    /// Longest sealed file; see [`super::uploads::max_upload_bytes`].
    pub max_upload_bytes: u64,
    /// Whom to tell of a registration.
    pub reviewers_to_notify: Vec<String>,
    /// How much one may ask for, and all together.
    pub limits: LimitSettings,
    /// How long sealed files are kept.
    pub retention: RetentionRules,
}

/// A pack whose files get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptedPack {
    /// Its serial.
    pub serial: u64,
    /// What a file sealed to it looks like from outside: kind and number of stanzas.
    pub shape: (Kind, usize),
}
