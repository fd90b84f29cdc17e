//! Handing a file to the person: the browser's own dialogue for saving, and nothing else of the browser's.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Long enough for any browser to have taken the bytes.
const KEPT_MILLIS: u32 = 60_000;

/// The browser has not taken a file; what to do stands on the second line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotTaken;

impl std::fmt::Display for NotTaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the browser did not take the file, so it is not saved\nClose other pages to make room, and save it again.")
    }
}

/// Offers `bytes` for saving under a name of ours. The type tells no browser to show it. Whether the person then saves it,
/// no page is told.
pub fn save(name: &str, bytes: &[u8]) -> Result<(), NotTaken> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let options = BlobPropertyBag::new();
    options.set_type("application/octet-stream");
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).map_err(|_| NotTaken)?;
    let url = Url::create_object_url_with_blob(&blob).map_err(|_| NotTaken)?;
    let element = leptos::prelude::document().create_element("a").map_err(|_| NotTaken)?;
    let anchor: HtmlAnchorElement = element.dyn_into().map_err(|_| NotTaken)?;
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    gloo::timers::callback::Timeout::new(KEPT_MILLIS, move || drop(Url::revoke_object_url(&url))).forget();
    Ok(())
}
