//! No good pack: no form. Says why, in three languages, since none was chosen yet.

use amanat_shared::pack::PackError;
use leptos::prelude::*;

use crate::words::{self, Language, Words};

/// What to do instead.
pub fn refused(error: &PackError) -> AnyView {
    let why = match error {
        PackError::Signatures { .. } | PackError::NoRoot | PackError::Demo | PackError::NotDemo => words::PACK_SIGNATURE,
        PackError::Expired(_) | PackError::Lifetime { .. } => words::PACK_EXPIRED,
        PackError::Recipients(_) => words::PACK_RECIPIENTS,
        PackError::Malformed(_) => words::PACK_BROKEN,
    };
    let one = |language: Language, tag: &'static str, why: Words| {
        view! {
            <section lang=tag dir=language.direction()>
                <h1>{words::PACK_TITLE.to(language)}</h1>
                <p>{why.to(language)}</p>
            </section>
        }
    };
    view! {
        <main id="main" role="alert" data-role="refused">
            {one(Language::Dari, "fa-AF", why)}
            {one(Language::Pashto, "ps", why)}
            {one(Language::English, "en", why)}
        </main>
    }
    .into_any()
}
