//! Reads the signed pack that the server put into the page.

use amanat_shared::pack::{Pack, PackError, SignedPack, json_of_literal};
use leptos::prelude::{document, window};

use crate::clock::today;

/// The pack of this page. Its signatures are not verified yet: the worker does that before the first question.
pub struct LoadedPack {
    /// The pack.
    pub pack: Pack,
    /// The signed pack's JSON, as it came with the page.
    pub signed_json: String,
}

/// Reads the pack, and keeps it for as long as the page lives. Fails if there is none, or none for this site and day.
pub fn load() -> Result<&'static LoadedPack, PackError> {
    let broken = || PackError::Malformed(String::new());
    let text = document()
        .get_element_by_id(amanat_shared::api::PACK_ELEMENT)
        .and_then(|element| element.text_content())
        .ok_or_else(broken)?;
    let signed_json = json_of_literal(&text)?;
    let pack = SignedPack::from_json(&signed_json)?.read_for_the_phone(today())?;
    let location = window().location();
    if !is_site(&pack.site, &location.host().unwrap_or_default(), &location.hostname().unwrap_or_default()) {
        return Err(PackError::Site(pack.site));
    }
    Ok(Box::leak(Box::new(LoadedPack { pack, signed_json })))
}

/// Whether a page of this site may be served from this host, whose name without a port is `name`. An onion's name is a key,
/// and a page from a loopback address comes from the phone itself.
fn is_site(site: &str, host: &str, name: &str) -> bool {
    host == site || name.rsplit('.').next() == Some("onion") || matches!(name, "" | "127.0.0.1" | "localhost" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::is_site;

    #[test]
    fn a_pack_is_for_its_own_site_an_onion_and_the_phone_itself() {
        assert!(is_site("form.example:8443", "form.example:8443", "form.example"));
        assert!(is_site("form.example", "abcdef.onion", "abcdef.onion"));
        for loopback in ["", "127.0.0.1", "localhost", "[::1]"] {
            assert!(is_site("form.example", loopback, loopback), "{loopback}");
        }
    }

    #[test]
    fn a_pack_is_not_for_another_site() {
        assert!(!is_site("form.example", "evil.example", "evil.example"));
        assert!(!is_site("form.example", "form.example:444", "form.example"));
        assert!(!is_site("form.example", "onion.example", "onion.example"));
    }
}
