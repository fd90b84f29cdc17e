//! The browser's Back button, and the way out.
//!
//! However many pages the form has, the browser's history has two entries: the base, and a sentinel behind it that the
//! first choice pushes. Back goes from the sentinel to the base; the form goes one page back, and unless there is none the
//! browser is sent forward to the sentinel again. (Browsers skip an entry that is pushed without a touch.)

use std::time::Duration;

use leptos::prelude::{document, set_timeout, window};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::History;

use crate::state::{AppState, Step};

#[wasm_bindgen]
extern "C" {
    /// Deletes what this site has stored on the phone, and asks the server to have the browser do so too. In `public/boot.js`.
    #[wasm_bindgen(js_name = amanatClear)]
    fn clear_phone();
    /// Whether this page was loaded again, as a phone does with a tab whose process it has killed. In `public/boot.js`.
    #[wasm_bindgen(js_name = amanatReloaded)]
    fn is_reload() -> bool;
}

/// The address of the sentinel once the person has left. Whoever goes forward to it is redirected to the neutral page.
const LEFT_URL: &str = "/leave";
/// A browser that has not gone back after this time is sent to the neutral page from where it is.
const BACK_TIMEOUT: Duration = Duration::from_millis(400);

fn history() -> Option<History> {
    window().history().ok()
}

fn at_sentinel(history: &History) -> bool {
    history.state().is_ok_and(|state| !state.is_null())
}

/// The attribute of a page whose answers would be lost with it.
pub const UNSENT: &str = "data-unsent";

/// Whether the form had been begun on this page before it was loaded: the sentinel is still there, or the browser says so.
pub fn was_reloaded() -> bool {
    is_reload() || history().is_some_and(|history| at_sentinel(&history))
}

/// Pushes the sentinel. It has to be called by a touch.
pub fn push_sentinel() {
    if let Some(history) = history().filter(|history| !at_sentinel(history)) {
        // It fails when a page does this hundreds of times; Back then leaves the site, as anywhere.
        let _ = history.push_state_with_url(&JsValue::TRUE, "", None);
    }
}

/// Follows the Back button for as long as the page lives.
pub fn listen(state: AppState) {
    let listener = Closure::<dyn FnMut()>::new(move || on_popstate(state));
    window().set_onpopstate(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
}

fn on_popstate(state: AppState) {
    let Some(history) = history() else { return };
    if state.navigation.step.get_untracked() == Step::Left {
        return go_to_neutral_page(state);
    }
    if at_sentinel(&history) {
        return;
    }
    state.back();
    // Back leaves the site from the first page, unless answers would be lost.
    if state.navigation.step.get_untracked() != Step::Language || state.has_entries() {
        let _ = history.forward();
    }
}

/// Leaves at once: empties the page, the memory and the phone's store, then replaces this page by the neutral one.
pub fn leave(state: AppState) {
    if let Some(body) = document().body() {
        body.set_text_content(None);
    }
    document().set_title("");
    if let Some(root) = document().document_element() {
        // The browser must not ask whether they want to leave.
        let _ = root.remove_attribute(UNSENT);
    }
    state.forget();
    clear_phone();
    match history().filter(at_sentinel) {
        Some(history) => {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(LEFT_URL));
            let _ = history.back();
            set_timeout(move || go_to_neutral_page(state), BACK_TIMEOUT);
        }
        None => go_to_neutral_page(state),
    }
}

fn go_to_neutral_page(state: AppState) {
    // It fails for a malformed address only; the answers are gone in any case.
    let _ = window().location().replace(&state.pack.exit_url);
}
