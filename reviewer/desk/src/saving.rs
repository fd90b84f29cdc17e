//! Handing a file to the person: the browser's own dialogue for saving, and nothing else of the browser's.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Long enough for any browser to have taken the bytes.
const KEPT_MILLIS: u32 = 60_000;

/// Offers `bytes` for saving under a name of ours. The type tells no browser to show it.
pub fn save(name: &str, bytes: &[u8]) {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let options = BlobPropertyBag::new();
    options.set_type("application/octet-stream");
    let Ok(blob) = Blob::new_with_u8_array_sequence_and_options(&parts, &options) else { return };
    let Ok(url) = Url::create_object_url_with_blob(&blob) else { return };
    let document = leptos::prelude::document();
    if let Ok(Ok(anchor)) = document.create_element("a").map(JsCast::dyn_into::<HtmlAnchorElement>) {
        anchor.set_href(&url);
        anchor.set_download(name);
        anchor.click();
    }
    gloo::timers::callback::Timeout::new(KEPT_MILLIS, move || drop(Url::revoke_object_url(&url))).forget();
}
