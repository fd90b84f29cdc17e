//! The page without a good pack, which has no form. It speaks three languages, since none was chosen yet.

use amanat_shared::pack::PackError;

use crate::dom::{Node, el, p};
use crate::i18n::{self, Language};

/// The reason, and what to do instead.
pub fn refused(error: &PackError) -> Vec<Node> {
    let mut site = "";
    let why = match error {
        PackError::Site(right) => {
            site = right;
            i18n::PACK_SITE
        }
        PackError::Signatures { .. } | PackError::NoRoot | PackError::Demo | PackError::NotDemo => i18n::PACK_SIGNATURE,
        PackError::Expired(_) | PackError::NotYetIssued(_) | PackError::Lifetime { .. } => i18n::PACK_EXPIRED,
        PackError::Recipients(_) => i18n::PACK_RECIPIENTS,
        PackError::Malformed(_) => i18n::PACK_BROKEN,
    };
    let languages = [(Language::Dari, "fa-AF"), (Language::Pashto, "ps"), (Language::English, "en")];
    let refused = el("div").attr("role", "alert").attr("data-role", "refused").children(languages.map(|(language, tag)| {
        let title = el("h1").text(i18n::PACK_TITLE.to(language));
        el("section")
            .attr("lang", tag)
            .attr("dir", language.direction())
            .child(title)
            .child(p(&why.with(language, &[("site", site)])))
    }));
    vec![refused]
}
