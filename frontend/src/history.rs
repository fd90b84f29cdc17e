//! The phone's own Back button, and the way out.
//!
//! However many pages the form has, the browser's history has two entries: the base, and a sentinel in front of it that the
//! first choice puts there. Back goes from the sentinel to the base; that is a page back in the form, and unless there is
//! none the browser is sent forward to the sentinel again. (Browsers skip an entry that is made anew without a touch.)

use std::time::Duration;

use leptos::prelude::{document, set_timeout, window};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::History;

use crate::state::{AppState, Step};

#[wasm_bindgen]
extern "C" {
    /// `public/boot.js`: clears what this site has kept on the phone, and asks the server to have the browser do so too.
    #[wasm_bindgen(js_name = amanatClear)]
    fn clear_phone();
    /// `public/boot.js`: whether this page was loaded again, as a tab is whose process was killed.
    #[wasm_bindgen(js_name = amanatReloaded)]
    fn is_reload() -> bool;
}

/// Where the sentinel leads who comes forward to it after having left: the server sends them on to the neutral page.
const LEFT: &str = "/leave";
/// A browser that does not go back within this is sent to the neutral page from where it is.
const BACK_MS: Duration = Duration::from_millis(400);

fn history() -> Option<History> {
    window().history().ok()
}

fn at_sentinel(history: &History) -> bool {
    history.state().is_ok_and(|state| !state.is_null())
}

/// The attribute of a page that holds something that would be lost with it.
pub const UNSENT: &str = "data-unsent";

/// Whether somebody had set out on this page before it was loaded: the sentinel is still there, or the browser says so.
pub fn was_reloaded() -> bool {
    is_reload() || history().is_some_and(|history| at_sentinel(&history))
}

/// Puts the sentinel there. Called by a touch.
pub fn push_sentinel() {
    if let Some(history) = history().filter(|history| !at_sentinel(history)) {
        // It fails when a page does this hundreds of times; Back then leaves, as anywhere.
        let _ = history.push_state_with_url(&JsValue::TRUE, "", None);
    }
}

/// Listens to Back, for as long as the page lives.
pub fn listen(state: AppState) {
    let heard = Closure::<dyn FnMut()>::new(move || on_popstate(state));
    window().set_onpopstate(Some(heard.as_ref().unchecked_ref()));
    heard.forget();
}

fn on_popstate(state: AppState) {
    let Some(history) = history() else { return };
    if state.step.get_untracked() == Step::Left {
        return go_elsewhere(state);
    }
    if at_sentinel(&history) {
        return;
    }
    state.back();
    // From the first page one may leave, unless that would lose something.
    if state.step.get_untracked() != Step::Language || state.has_entries() {
        let _ = history.forward();
    }
}

/// Leaves quickly: nothing to be seen, nothing in memory, nothing on the phone; then the neutral page in place of this one.
pub fn leave(state: AppState) {
    if let Some(body) = document().body() {
        body.set_text_content(None);
    }
    document().set_title("");
    if let Some(root) = document().document_element() {
        // Nothing asks whoever leaves whether they want to.
        let _ = root.remove_attribute(UNSENT);
    }
    state.forget();
    clear_phone();
    match history().filter(at_sentinel) {
        Some(history) => {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(LEFT));
            let _ = history.back();
            set_timeout(move || go_elsewhere(state), BACK_MS);
        }
        None => go_elsewhere(state),
    }
}

fn go_elsewhere(state: AppState) {
    // It fails for a malformed address only; the answers are gone in any case.
    let _ = window().location().replace(&state.loaded.pack.exit_url);
}
