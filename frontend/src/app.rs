//! The frame around every page: the banner of a demo, the way out, and the page of the present step.

use leptos::prelude::*;

use crate::draft::{Draft, Step, load};
use crate::pages;
use crate::words::{self, Language};

/// The whole application. Without a good pack there is no form.
#[component]
pub fn App() -> impl IntoView {
    match load() {
        Ok(loaded) => view! { <Frame draft=Draft::new(loaded) /> }.into_any(),
        Err(error) => pages::refused(&error),
    }
}

#[component]
fn Frame(draft: Draft) -> impl IntoView {
    Effect::new(move |_| {
        let tag = draft.language.get();
        if let Some(root) = document().document_element() {
            // Neither fails: both are plain attributes of <html>.
            let _ = root.set_attribute("lang", tag);
            let _ = root.set_attribute("dir", Language::of(tag).direction());
        }
        document().set_title(draft.form().title.get(tag));
    });
    let content = move || {
        let step = draft.step.get();
        // A new page begins at its top, and a reader of screens at its heading.
        window().scroll_to_with_x_and_y(0.0, 0.0);
        match step {
            Step::Language => pages::language(draft),
            Step::Page(name) => draft.page(&name).map_or_else(|| ().into_any(), |page| pages::questions(draft, page)),
            Step::More => pages::more(draft),
            Step::Check => pages::check(draft),
            Step::Receipt => pages::receipt(draft),
            Step::Sending => pages::sending(draft),
            Step::Left => ().into_any(),
        }
    };
    view! {
        {draft.loaded.pack.demo.then(demo_banner)}
        <header hidden=move || draft.step.get() == Step::Left>
            <button type="button" class="exit" data-action="exit" on:click=move |_| leave(draft)>
                {move || words::UI_EXIT_SHORT.to(Language::of(draft.language.get()))}
            </button>
        </header>
        <main id="main">{content}</main>
    }
}

fn demo_banner() -> impl IntoView {
    let line = |language: Language, tag: &'static str| {
        view! { <p lang=tag dir=language.direction()>{words::UI_DEMO_BANNER.to(language)}</p> }
    };
    view! {
        <div class="demo" role="note">
            {line(Language::Dari, "fa-AF")}
            {line(Language::Pashto, "ps")}
            {line(Language::English, "en")}
        </div>
    }
}

/// Drops every answer from memory and replaces the page.
fn leave(draft: Draft) {
    draft.forget();
    // It fails for a malformed address only; the answers are gone in any case.
    let _ = window().location().replace(&draft.loaded.pack.exit_url);
}
