//! Prepares attached files for sealing. A photo is drawn again, so that nothing but the picture is left of it, with no more pixels
//! than a reviewer needs; a PDF stays as it is.
//!
//! Browsers that defend themselves against fingerprinting falsify the pixels that are read back from a canvas, and older ones
//! have no canvas in a worker: there the photo is kept bit for bit, without its metadata.

use amanat_shared::photo::{Kind, is_heic, orientation, oriented, stripped};
use base64ct::{Base64, Encoding};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, ImageBitmap, ImageEncodeOptions, OffscreenCanvas, OffscreenCanvasRenderingContext2d, Response,
};

use crate::protocol::{MAX_READABLE_BYTES, Unfit};
use crate::scope;

/// The size that a picture is reduced to, in pixels.
struct Bounds {
    /// Its longer side, unless the other would become too short.
    longer: f64,
    /// Its shorter side, if that was so long: the text in a tall screenshot of a chat stays readable.
    shorter: f64,
}

const SEALED: Bounds = Bounds { longer: 2000.0, shorter: 1000.0 };
const PREVIEW: Bounds = Bounds { longer: 240.0, shorter: 0.0 };
/// The pixels of the largest canvas that every phone has.
const MAX_PIXELS: f64 = 16_000_000.0;
/// The longest side of a canvas that every phone has.
const MAX_SIDE: f64 = 16_000.0;
/// The qualities of JPEG, of which the first that makes the photo small enough is used. Text in a document stays sharp at the
/// first.
const QUALITIES: [f64; 3] = [0.85, 0.7, 0.5];
/// The size of the largest photo that is its own preview, in a browser that cannot draw it.
const MAX_UNDRAWN_PREVIEW_BYTES: usize = 1024 * 1024;

/// Whether a file is small enough to be read.
pub fn is_readable(file: &JsValue) -> bool {
    file.dyn_ref::<Blob>().is_some_and(|file| file.size() <= MAX_READABLE_BYTES)
}

/// The bytes of a file that was chosen.
pub async fn bytes_of(file: &JsValue) -> Option<Vec<u8>> {
    // `Blob.arrayBuffer` came with Chrome 76; `Response` reads a blob everywhere.
    let response = Response::new_with_opt_blob(Some(file.dyn_ref::<Blob>()?)).ok()?;
    let buffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// Prepares a chosen file. A photo becomes no larger than `max_bytes` where the browser can draw it.
pub async fn prepare(file: &JsValue, max_bytes: f64) -> Result<(Vec<u8>, Kind), Unfit> {
    let bytes = bytes_of(file).await.ok_or(Unfit::Unreadable)?;
    if bytes.is_empty() {
        return Err(Unfit::Empty);
    }
    let kind = Kind::of(&bytes);
    if kind == Some(Kind::Pdf) {
        return Ok((bytes, Kind::Pdf));
    }
    let turned = if kind == Some(Kind::Jpeg) { orientation(&bytes) } else { 1 };
    let bare = kind.and_then(|kind| stripped(kind, &bytes));
    // Whatever else the browser can decode is a photo, too.
    let drawn = match (&bare, kind) {
        (Some(bare), Some(kind)) => redrawn(bare, kind.names().0, turned, &SEALED, max_bytes).await,
        _ => redrawn(&bytes, "", 1, &SEALED, max_bytes).await,
    };
    match (drawn, bare, kind) {
        (Some(jpeg), ..) => Ok((jpeg, Kind::Jpeg)),
        (None, Some(bare), Some(kind)) => Ok((oriented(&bare, turned), kind)),
        (None, None, Some(_)) => Err(Unfit::Damaged),
        _ if is_heic(&bytes) => Err(Unfit::Heic),
        _ => Err(Unfit::Type),
    }
}

/// A preview of a prepared photo as a `data:` address. A `Blob` would need none, but the browser may move it to the disk.
pub async fn preview(photo: &[u8]) -> Option<String> {
    let kind = Kind::of(photo).filter(|kind| *kind != Kind::Pdf)?;
    let small = redrawn(photo, kind.names().0, 1, &PREVIEW, f64::INFINITY).await;
    let shown = small.as_deref().or(Some(photo).filter(|photo| photo.len() <= MAX_UNDRAWN_PREVIEW_BYTES))?;
    let media_type = Kind::of(shown)?.names().0;
    Some(["data:", media_type, ";base64,", &Base64::encode_string(shown)].concat())
}

/// The picture as a JPEG within these bounds, turned upright, and of at most `max_bytes` if possible. `None` if this browser
/// cannot draw it truthfully.
///
/// The picture comes without its EXIF orientation, since only newer browsers turn it by that; `turned` is its orientation.
async fn redrawn(picture: &[u8], media_type: &str, turned: u8, bounds: &Bounds, max_bytes: f64) -> Option<Vec<u8>> {
    if !is_truthful()? {
        return None;
    }
    let kind = BlobPropertyBag::new();
    kind.set_type(media_type);
    let blob = Blob::new_with_u8_array_sequence_and_options(&Array::of1(&Uint8Array::from(picture)), &kind).ok()?;
    let decoded: ImageBitmap = JsFuture::from(scope().create_image_bitmap_with_blob(&blob).ok()?).await.ok()?.unchecked_into();
    let (width, height) = (f64::from(decoded.width()), f64::from(decoded.height()));
    let scale = (bounds.longer / width.max(height)).max(bounds.shorter / width.min(height)).min(1.0);
    if width * height * scale * scale > MAX_PIXELS || width.max(height) * scale > MAX_SIDE {
        return None;
    }
    let (across, down) = ((width * scale).round().max(1.0), (height * scale).round().max(1.0));
    let is_sideways = turned > 4;
    let (canvas, context) = canvas(if is_sideways { (down, across) } else { (across, down) })?;
    // Transparent pixels become white, like paper.
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, across.max(down), across.max(down));
    // The directions of the picture's axes, and the place of its corner.
    let axes: [f64; 6] = match turned {
        2 => [-1.0, 0.0, 0.0, 1.0, across, 0.0],
        3 => [-1.0, 0.0, 0.0, -1.0, across, down],
        4 => [1.0, 0.0, 0.0, -1.0, 0.0, down],
        5 => [0.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        6 => [0.0, 1.0, -1.0, 0.0, down, 0.0],
        7 => [0.0, -1.0, -1.0, 0.0, down, across],
        8 => [0.0, -1.0, 1.0, 0.0, 0.0, across],
        _ => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    };
    context.set_transform(axes[0], axes[1], axes[2], axes[3], axes[4], axes[5]).ok()?;
    context.draw_image_with_image_bitmap_and_dw_and_dh(&decoded, 0.0, 0.0, across, down).ok()?;
    decoded.close();
    let mut jpeg = None;
    for quality in QUALITIES {
        let options = ImageEncodeOptions::new();
        options.set_type(Kind::Jpeg.names().0);
        options.set_quality(quality);
        let encoded = JsFuture::from(canvas.convert_to_blob_with_options(&options).ok()?).await.ok()?;
        jpeg = stripped(Kind::Jpeg, &bytes_of(&encoded).await?);
        #[expect(clippy::cast_precision_loss, reason = "a length in memory")]
        let fits = jpeg.as_ref().is_none_or(|jpeg| jpeg.len() as f64 <= max_bytes);
        if fits {
            break;
        }
    }
    jpeg
}

fn canvas((width, height): (f64, f64)) -> Option<(OffscreenCanvas, OffscreenCanvasRenderingContext2d)> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most MAX_SIDE")]
    let canvas = OffscreenCanvas::new(width as u32, height as u32).ok()?;
    let context = canvas.get_context("2d").ok()??.unchecked_into();
    Some((canvas, context))
}

/// Whether the pixels that a canvas gives back are those that were drawn on it.
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
