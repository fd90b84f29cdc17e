//! The bytes of attached files, which the page hands over chunk by chunk.

use std::cell::RefCell;
use std::collections::VecDeque;

use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::post;
use crate::protocol::{FileRef, ToPage};

thread_local! {
    /// The promises of chunks that the page was asked for. It answers in the order in which it is asked.
    static WAITING: RefCell<VecDeque<Function>> = const { RefCell::new(VecDeque::new()) };
}

/// Takes a chunk that the page has sent.
pub fn on_chunk(bytes: &Uint8Array) {
    if let Some(resolve) = WAITING.with_borrow_mut(VecDeque::pop_front) {
        // It is a promise's own function, which does not fail.
        let _ = resolve.call1(&JsValue::NULL, bytes);
    }
}

/// Calls `take` with each chunk of a file. `None` if the page has no such file any more, or `take` refuses a chunk.
pub async fn for_each_chunk(file: &FileRef, mut take: impl FnMut(&[u8]) -> Option<()>) -> Option<()> {
    let mut offset = 0;
    while offset < file.bytes {
        let promise = Promise::new(&mut |resolve, _| WAITING.with_borrow_mut(|waiting| waiting.push_back(resolve)));
        post(ToPage::WantChunk { name: file.name.clone(), offset });
        let chunk = JsFuture::from(promise).await.ok()?.unchecked_into::<Uint8Array>().to_vec();
        if chunk.is_empty() {
            return None;
        }
        offset += u32::try_from(chunk.len()).ok()?;
        take(&chunk)?;
    }
    Some(())
}
