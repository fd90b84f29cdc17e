//! Hands a file to the person through the browser's save dialog.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Any browser has taken the bytes within this time.
const KEPT_MILLIS: u32 = 60_000;

/// The browser did not take a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("the browser did not take the file, so it is not saved")]
#[diagnostic(help("Close other pages to make room, and save it again."))]
pub struct NotTaken;

/// Offers `bytes` for saving under this name. The media type keeps browsers from showing them. No page learns whether the
/// person then saves the file.
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
