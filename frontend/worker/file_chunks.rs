//! The files' bytes: they stay with the page, which hands them over piece by piece.

use std::cell::RefCell;
use std::collections::VecDeque;

use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::protocol::PIECE;
use crate::{texts, worker};

/// A file that is to be sealed.
pub struct File {
    /// Its name in the archive.
    pub name: String,
    /// Its length.
    pub bytes: u32,
}

thread_local! {
    /// Who waits for a piece. The page answers in the order in which it is asked.
    static WAITING: RefCell<VecDeque<Function>> = const { RefCell::new(VecDeque::new()) };
}

/// Files from their names and lengths.
pub fn files(names: &JsValue, lengths: &JsValue) -> Vec<File> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the length of an array in a browser")]
    let lengths = lengths.unchecked_ref::<Array>().iter().map(|length| length.as_f64().unwrap_or(0.0) as u32);
    texts(names).into_iter().zip(lengths).map(|(name, bytes)| File { name, bytes }).collect()
}

/// Takes what the page says.
pub fn here(piece: &JsValue) {
    if let Some(waiting) = WAITING.with_borrow_mut(VecDeque::pop_front) {
        // It is a promise's own function, which does not fail.
        let _ = waiting.call1(&JsValue::NULL, piece);
    }
}

/// Hands a file on, piece by piece. `None` if the page has no such file any more, or `take` refuses a piece.
pub async fn pieces(file: &File, mut take: impl FnMut(&[u8]) -> Option<()>) -> Option<()> {
    let mut from = 0;
    while from < file.bytes {
        let promise = Promise::new(&mut |resolve, _| WAITING.with_borrow_mut(|waiting| waiting.push_back(resolve)));
        let wanted: [JsValue; 3] = [PIECE.into(), file.name.as_str().into(), from.into()];
        worker().post_message(&wanted.into_iter().collect::<Array>()).ok()?;
        let piece = JsFuture::from(promise).await.ok()?.unchecked_into::<Uint8Array>().to_vec();
        if piece.is_empty() {
            return None;
        }
        from += u32::try_from(piece.len()).ok()?;
        take(&piece)?;
    }
    Some(())
}
