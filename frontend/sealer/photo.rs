//! What is attached: a photo is drawn anew, so that nothing but the picture is left of it, and no more points than a reviewer
//! needs; a PDF stays as it is.
//!
//! Browsers that defend themselves against fingerprinting falsify what is read back from a canvas, and older ones have none
//! in a worker: there the photo is kept bit for bit, without its metadata.

use amanat_shared::photo::{Kind, orientation, oriented, stripped};
use base64ct::{Base64, Encoding};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, ImageBitmap, ImageEncodeOptions, OffscreenCanvas, OffscreenCanvasRenderingContext2d, Response,
};

use crate::protocol::READABLE_BYTES;
use crate::worker;

/// Longest side of a photo that is sealed, in points.
const LONGEST: f64 = 2000.0;
/// Of a JPEG, as browsers count it: the writing in a document stays sharp.
const QUALITY: f64 = 0.85;
/// Longest side of a preview, in points.
const SMALL: f64 = 240.0;
/// Largest photo whose preview is the photo itself, where nothing can be drawn.
const WHOLE: usize = 1024 * 1024;

/// Whether a file is small enough to be read.
pub fn is_readable(file: &JsValue) -> bool {
    file.dyn_ref::<Blob>().is_some_and(|file| file.size() <= READABLE_BYTES)
}

/// The bytes of a file that was chosen.
pub async fn bytes_of(file: &JsValue) -> Option<Vec<u8>> {
    // `Blob.arrayBuffer` came with Chrome 76; `Response` reads a blob everywhere.
    let response = Response::new_with_opt_blob(Some(file.dyn_ref::<Blob>()?)).ok()?;
    let buffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// What is sealed of a chosen file, and its extension. `None` if it is neither photo nor PDF, or damaged.
pub async fn prepared(file: &JsValue) -> Option<(Vec<u8>, &'static str)> {
    let bytes = bytes_of(file).await?;
    let kind = Kind::of(&bytes)?;
    let (media_type, extension) = kind.names();
    let bare = stripped(kind, &bytes)?;
    let turn = if kind == Kind::Jpeg { orientation(&bytes) } else { 1 };
    drop(bytes);
    if kind == Kind::Pdf {
        return Some((bare, extension));
    }
    match redrawn(&bare, media_type, turn, LONGEST).await {
        Some(jpeg) => Some((jpeg, Kind::Jpeg.names().1)),
        None => Some((oriented(&bare, turn), extension)),
    }
}

/// A small picture of a photo as it is sealed, as a `data:` address: the page need not make a `Blob` of it, which might be
/// moved to the disk.
pub async fn preview(photo: &[u8]) -> Option<String> {
    let kind = Kind::of(photo).filter(|kind| *kind != Kind::Pdf)?;
    let small = redrawn(photo, kind.names().0, 1, SMALL).await;
    let shown = small.as_deref().or(Some(photo).filter(|photo| photo.len() <= WHOLE))?;
    let media_type = Kind::of(shown)?.names().0;
    Some(["data:", media_type, ";base64,", &Base64::encode_string(shown)].concat())
}

/// The picture as a JPEG of at most so many points a side, turned upright. `None` where this browser cannot do that
/// truthfully.
///
/// The browser is given the picture without its EXIF: some turn it by that, older ones do not.
async fn redrawn(picture: &[u8], media_type: &str, turn: u8, longest: f64) -> Option<Vec<u8>> {
    if !is_truthful()? {
        return None;
    }
    let kind = BlobPropertyBag::new();
    kind.set_type(media_type);
    let blob = Blob::new_with_u8_array_sequence_and_options(&Array::of1(&Uint8Array::from(picture)), &kind).ok()?;
    let decoded: ImageBitmap = JsFuture::from(worker().create_image_bitmap_with_blob(&blob).ok()?).await.ok()?.unchecked_into();
    let (width, height) = (f64::from(decoded.width()), f64::from(decoded.height()));
    let scale = (longest / width.max(height)).min(1.0);
    let (across, down) = ((width * scale).round().max(1.0), (height * scale).round().max(1.0));
    let lies = turn > 4;
    let (canvas, context) = canvas(if lies { (down, across) } else { (across, down) })?;
    // What is transparent is white on paper.
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, across.max(down), across.max(down));
    // Where the picture's axes lead, and where its corner comes to lie.
    let at: [f64; 6] = match turn {
        2 => [-1.0, 0.0, 0.0, 1.0, across, 0.0],
        3 => [-1.0, 0.0, 0.0, -1.0, across, down],
        4 => [1.0, 0.0, 0.0, -1.0, 0.0, down],
        5 => [0.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        6 => [0.0, 1.0, -1.0, 0.0, down, 0.0],
        7 => [0.0, -1.0, -1.0, 0.0, down, across],
        8 => [0.0, -1.0, 1.0, 0.0, 0.0, across],
        _ => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    };
    context.set_transform(at[0], at[1], at[2], at[3], at[4], at[5]).ok()?;
    context.draw_image_with_image_bitmap_and_dw_and_dh(&decoded, 0.0, 0.0, across, down).ok()?;
    decoded.close();
    let options = ImageEncodeOptions::new();
    options.set_type(Kind::Jpeg.names().0);
    options.set_quality(QUALITY);
    let encoded = JsFuture::from(canvas.convert_to_blob_with_options(&options).ok()?).await.ok()?;
    stripped(Kind::Jpeg, &bytes_of(&encoded).await?)
}

fn canvas((width, height): (f64, f64)) -> Option<(OffscreenCanvas, OffscreenCanvasRenderingContext2d)> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most LONGEST")]
    let canvas = OffscreenCanvas::new(width as u32, height as u32).ok()?;
    let context = canvas.get_context("2d").ok()??.unchecked_into();
    Some((canvas, context))
}

/// Whether a canvas gives back what was drawn on it.
fn is_truthful() -> Option<bool> {
    const COLOURS: [(&str, [u8; 4]); 4] =
        [("#f00", [255, 0, 0, 255]), ("#0f0", [0, 255, 0, 255]), ("#05a", [0, 0x55, 0xaa, 255]), ("#fff", [255, 255, 255, 255])];
    const SIDE: u8 = 8;
    let side = f64::from(SIDE);
    let (_, context) = canvas((side * 4.0, side))?;
    let mut left = 0.0;
    for (colour, _) in COLOURS {
        context.set_fill_style_str(colour);
        context.fill_rect(left, 0.0, side, side);
        left += side;
    }
    let read = context.get_image_data(0.0, 0.0, side * 4.0, side).ok()?.data();
    let row = COLOURS.iter().flat_map(|(_, points)| points.repeat(SIDE.into()));
    let drawn: Vec<u8> = std::iter::repeat_n(row.collect::<Vec<u8>>(), SIDE.into()).flatten().collect();
    Some(*read == drawn)
}
