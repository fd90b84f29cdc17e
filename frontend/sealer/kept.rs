//! What the phone keeps, only if the person said so: the sealed file until the server has it, which the phone cannot open;
//! and a draft, which needs the person's words.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::protocol::{DRAFT, FILE, LOCATION};
use crate::upload::Upload;

#[wasm_bindgen]
extern "C" {
    // In start.js.
    #[wasm_bindgen(js_name = amanatKeep)]
    fn put(key: u32, value: &JsValue) -> Promise;
    #[wasm_bindgen(js_name = amanatKept)]
    fn get(key: u32) -> Promise;
    #[wasm_bindgen(js_name = amanatDrop)]
    fn clear(from: u32, to: u32) -> Promise;
}

/// Keeps a sealed file; whether that went well. Kept as `[sealed file, hash of its delete proof, serial of its pack]`.
pub async fn keep(upload: &Upload) -> bool {
    let parts: [JsValue; 3] = [
        Uint8Array::from(&upload.sealed[..]).into(),
        Uint8Array::from(&upload.proof_sha256[..]).into(),
        JsValue::from_str(&upload.pack_serial),
    ];
    // With another one goes the place where the server had begun to take it.
    forget(FILE, LOCATION).await;
    JsFuture::from(put(FILE, &parts.into_iter().collect::<Array>())).await.is_ok()
}

/// Keeps where the server has begun to take it. Without, it would be sent from its beginning.
pub async fn keep_location(location: String) {
    let _ = JsFuture::from(put(LOCATION, &JsValue::from_str(&location))).await;
}

/// What is kept, and where the server has begun to take it.
pub async fn kept() -> Option<(Upload, Option<String>)> {
    let file: Array = JsFuture::from(get(FILE)).await.ok()?.dyn_into().ok()?;
    let bytes = |at| file.get(at).dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec());
    let upload = Upload { sealed: bytes(0)?, proof_sha256: bytes(1)?.try_into().ok()?, pack_serial: file.get(2).as_string()? };
    let location = JsFuture::from(get(LOCATION)).await.ok().and_then(|location| location.as_string());
    Some((upload, location))
}

/// Keeps a draft; whether that went well.
pub async fn keep_draft(sealed: &[u8]) -> bool {
    JsFuture::from(put(DRAFT, &Uint8Array::from(sealed))).await.is_ok()
}

/// The draft that is kept.
pub async fn draft() -> Option<Vec<u8>> {
    Some(JsFuture::from(get(DRAFT)).await.ok()?.dyn_into::<Uint8Array>().ok()?.to_vec())
}

/// Deletes what is kept under these keys, and those between them.
pub async fn forget(from: u32, to: u32) {
    // It fails where nothing could be kept either.
    let _ = JsFuture::from(clear(from, to)).await;
}
