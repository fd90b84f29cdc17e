//! Loads a configuration, and compares it with the pack.

use std::net::IpAddr;
use std::path::Path;

use amanat_backend::config::{Config, is_onion};
use amanat_shared::pack::Pack;
use amanat_shared::text::clean;
use axum::http::Uri;

use super::Failure;

/// Reads a configuration.
pub fn load(file: &Path) -> Result<Config, Failure> {
    Ok(Config::load(file)?)
}

/// Refuses an origin under another name than the site that the roots signed, which people are told to look for in the address
/// bar. An onion address authenticates itself, and a loopback address reaches nobody else.
pub fn check_site(file: &Path, config: &Config, pack: &Pack) -> Result<(), Failure> {
    let is_site = |origin: &str| {
        let Ok(uri) = origin.parse::<Uri>() else { return false };
        let (Some(host), Some(authority)) = (uri.host(), uri.authority()) else { return false };
        let is_loopback = host.eq_ignore_ascii_case("localhost")
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        is_onion(origin) || is_loopback || [host, authority.as_str()].iter().any(|name| name.eq_ignore_ascii_case(&pack.site))
    };
    match config.origins.iter().position(|origin| !is_site(origin)) {
        None => Ok(()),
        Some(index) => Err(Failure::new(
            format!("{}: origins[{index}]: is another name than the pack's site, {}.", file.display(), clean(&pack.site)),
            "Correct the origin; or, if the site's name has changed, have a pack with the new `site` signed.",
        )),
    }
}
