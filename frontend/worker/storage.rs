//! The phone's store, used only if the person says so: sealed files until the server has them, which the phone cannot open,
//! and a draft, which opens with the person's words.

use amanat_shared::seal::{split_export, trailer};
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::protocol::{DRAFT, FILES, LAST};
use crate::upload::Upload;

#[wasm_bindgen]
extern "C" {
    // In start.js. None of them is ever rejected: what fails gives `undefined`.
    #[wasm_bindgen(js_name = amanatKeep)]
    fn put(key: u32, first: &JsValue, second: &JsValue) -> Promise;
    #[wasm_bindgen(js_name = amanatKept)]
    fn get(key: u32) -> Promise;
    #[wasm_bindgen(js_name = amanatKeys)]
    fn keys() -> Promise;
    #[wasm_bindgen(js_name = amanatDrop)]
    fn drop(from: u32, to: u32) -> Promise;
}

/// Keeps a sealed file beside those that wait already, as a saved file. Gives back its key, or `None` if the phone cannot
/// keep it.
pub async fn keep(upload: &Upload) -> Option<u32> {
    let behind = trailer(upload.pack_serial.parse().ok()?);
    let taken = all_keys().await;
    let key = (FILES..LAST).step_by(2).find(|key| !taken.contains(key))?;
    is_kept(put(key, &Uint8Array::from(&upload.sealed[..]), &Uint8Array::from(&behind[..]))).await.then_some(key)
}

/// Keeps the address of the upload of the file with this key. Without it, the file would be sent from its beginning.
pub async fn keep_location(key: u32, location: String) {
    is_kept(put(key + 1, &JsValue::from_str(&location), &JsValue::from_str(""))).await;
}

/// The sealed file that has waited for the longest: its key, and the address of its upload.
pub async fn kept() -> Option<(u32, Upload, Option<String>)> {
    for key in all_keys().await.into_iter().filter(|key| *key >= FILES && (key - FILES).is_multiple_of(2)) {
        let file = bytes(key).await.unwrap_or_default();
        if let Some((sealed, pack_serial)) = split_export(&file) {
            let location = bytes(key + 1).await.and_then(|location| String::from_utf8(location).ok());
            let upload = Upload { sealed: file[..sealed].to_vec(), pack_serial: pack_serial.to_string() };
            return Some((key, upload, location));
        }
    }
    None
}

/// Keeps a draft in place of the one before; whether that went well.
pub async fn keep_draft(sealed: &[u8]) -> bool {
    is_kept(put(DRAFT, &Uint8Array::from(sealed), &JsValue::from_str(""))).await
}

/// The draft that is kept.
pub async fn draft() -> Option<Vec<u8>> {
    bytes(DRAFT).await
}

/// Deletes the values under these keys and those between them, and the whole store when nothing is left in it.
pub async fn forget(from: u32, to: u32) {
    let _ = JsFuture::from(drop(from, to)).await;
}

async fn is_kept(promise: Promise) -> bool {
    JsFuture::from(promise).await.is_ok_and(|value| value.is_truthy())
}

async fn bytes(key: u32) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(get(key)).await.ok().filter(JsValue::is_truthy)?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// The keys in the store, in order.
async fn all_keys() -> Vec<u32> {
    let keys = JsFuture::from(keys()).await.ok().and_then(|keys| keys.dyn_into::<Array>().ok());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the keys are small whole numbers")]
    let number = |key: JsValue| key.as_f64().map(|key| key as u32);
    keys.iter().flat_map(Array::iter).filter_map(number).collect()
}
