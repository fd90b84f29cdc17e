//! The phone's store, which is used only if the person says so. It keeps sealed files, which the phone cannot open, until the
//! server has them, and a draft, which opens with the person's passphrase.

use amanat_shared::seal::{split_export, trailer};
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::protocol::{DRAFT_KEY, FIRST_FILE_KEY, LAST_KEY};
use crate::sealing::SealedFile;

#[wasm_bindgen]
extern "C" {
    // In start.js. None of the promises is ever rejected: what fails resolves to `undefined`.
    #[wasm_bindgen(js_name = amanatKeep)]
    fn put(key: u32, first: &JsValue, second: &JsValue) -> Promise;
    #[wasm_bindgen(js_name = amanatKept)]
    fn get(key: u32) -> Promise;
    #[wasm_bindgen(js_name = amanatKeys)]
    fn keys() -> Promise;
    #[wasm_bindgen(js_name = amanatDrop)]
    fn delete_range(first: u32, last: u32) -> Promise;
}

/// A sealed file in the store.
pub struct StoredFile {
    /// Its key.
    pub key: u32,
    /// The sealed file.
    pub file: SealedFile,
    /// The address of its upload, if that has begun.
    pub location: Option<String>,
}

/// Stores a sealed file beside those that are stored already. Returns its key, or `None` if the phone cannot keep it.
pub async fn put_file(file: &SealedFile) -> Option<u32> {
    let trailer = trailer(file.pack_serial.parse().ok()?);
    let taken = all_keys().await;
    let key = (FIRST_FILE_KEY..LAST_KEY).step_by(2).find(|key| !taken.contains(key))?;
    is_done(put(key, &Uint8Array::from(&file.bytes[..]), &Uint8Array::from(&trailer[..]))).await.then_some(key)
}

/// Stores the address of the upload of the file with this key. Without it, the file would be sent from its beginning.
pub async fn put_location(key: u32, location: String) {
    is_done(put(key + 1, &JsValue::from_str(&location), &JsValue::from_str(""))).await;
}

/// The sealed file that was stored first.
pub async fn first_file() -> Option<StoredFile> {
    let is_file = |key: &u32| *key >= FIRST_FILE_KEY && (key - FIRST_FILE_KEY).is_multiple_of(2);
    for key in all_keys().await.into_iter().filter(is_file) {
        let stored = bytes(key).await.unwrap_or_default();
        if let Some((sealed, pack_serial)) = split_export(&stored) {
            let location = bytes(key + 1).await.and_then(|location| String::from_utf8(location).ok());
            let file = SealedFile { bytes: stored[..sealed].to_vec(), pack_serial: pack_serial.to_string() };
            return Some(StoredFile { key, file, location });
        }
    }
    None
}

/// Deletes the file with this key, and the address of its upload.
pub async fn delete_file(key: u32) {
    delete(key, key + 1).await;
}

/// Stores a draft in place of the one before. Returns whether the phone keeps it.
pub async fn put_draft(sealed: &[u8]) -> bool {
    is_done(put(DRAFT_KEY, &Uint8Array::from(sealed), &JsValue::from_str(""))).await
}

/// The stored draft.
pub async fn draft() -> Option<Vec<u8>> {
    bytes(DRAFT_KEY).await
}

/// Deletes the values from the first key to the last, and the whole store when nothing is left in it.
pub async fn delete(first: u32, last: u32) {
    let _ = JsFuture::from(delete_range(first, last)).await;
}

async fn is_done(promise: Promise) -> bool {
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
