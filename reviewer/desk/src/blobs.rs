//! The browser reads the bytes of files, and of parts of files, when this module asks for them.

use std::io::{Error, ErrorKind};
use std::ops::Range;

use amanat_reviewer_core::decrypt::Fault;
use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

/// The longest file that the desk opens.
pub const MOST_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// Returns the number of bytes.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a file's length is whole, and below 2^53")]
pub fn length(blob: &Blob) -> u64 {
    blob.size() as u64
}

/// Returns a part of a file, without reading it.
#[expect(clippy::cast_precision_loss, reason = "a file's length is below 2^53")]
pub fn slice(blob: &Blob, range: &Range<u64>) -> Result<Blob, Fault> {
    blob.slice_with_f64_and_f64(range.start as f64, range.end as f64).map_err(|_| unreadable())
}

/// Reads a part of a file.
pub async fn part(blob: &Blob, range: &Range<u64>) -> Result<Vec<u8>, Fault> {
    bytes(&slice(blob, range)?, MOST_BYTES).await
}

/// Reads all bytes of a file or a part of one.
pub async fn bytes(blob: &Blob, most: f64) -> Result<Vec<u8>, Fault> {
    if blob.size() > most {
        return Err(Fault::Read(Error::new(ErrorKind::FileTooLarge, "it is longer than is read here")));
    }
    let buffer = JsFuture::from(blob.array_buffer()).await.map_err(|_| unreadable())?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn unreadable() -> Fault {
    Fault::Read(Error::other("the browser could not read it"))
}
