//! What is attached: a photo is drawn anew, so that nothing but the picture is left of it, and no more points than a reviewer
//! needs; a PDF stays as it is.
//!
//! Browsers that defend themselves against fingerprinting falsify what is read back from a canvas, and older ones have none
//! in a worker: there the photo is kept bit for bit, without its metadata.

use amanat_shared::photo::{Kind, is_heic, orientation, oriented, stripped};
use base64ct::{Base64, Encoding};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, ImageBitmap, ImageEncodeOptions, OffscreenCanvas, OffscreenCanvasRenderingContext2d, Response,
};

use crate::protocol::{READABLE_BYTES, Unfit};
use crate::worker;

/// How large a picture becomes, in points.
struct Bounds {
    /// Its longest side, unless the other side would become too small.
    longest: f64,
    /// Its shorter side, where it was so long: the writing in a tall picture of a chat stays readable.
    shorter: f64,
}

/// A photo that is sealed.
const SEALED: Bounds = Bounds { longest: 2000.0, shorter: 1000.0 };
/// A preview.
const SMALL: Bounds = Bounds { longest: 240.0, shorter: 0.0 };
/// No canvas of a phone is larger than this: points, and points of a side.
const MOST_POINTS: f64 = 16_000_000.0;
const MOST_SIDE: f64 = 16_000.0;
/// A browser writes JPEG at the first of these qualities, at which the writing in a document stays sharp; at the others where
/// the picture would be too large.
const QUALITIES: [f64; 3] = [0.85, 0.7, 0.5];
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

/// Makes a chosen file fit to be sealed: a photo becomes no larger than `most` bytes where that can be done.
pub async fn prepared(file: &JsValue, most: f64) -> Result<(Vec<u8>, Kind), Unfit> {
    let bytes = bytes_of(file).await.ok_or(Unfit::Gone)?;
    if bytes.is_empty() {
        return Err(Unfit::Empty);
    }
    let kind = Kind::of(&bytes);
    if kind == Some(Kind::Pdf) {
        return Ok((bytes, Kind::Pdf));
    }
    let turn = if kind == Some(Kind::Jpeg) { orientation(&bytes) } else { 1 };
    let bare = kind.and_then(|kind| stripped(kind, &bytes));
    // Whatever else this browser can decode is a photo, too.
    let drawn = match (&bare, kind) {
        (Some(bare), Some(kind)) => redrawn(bare, kind.names().0, turn, &SEALED, most).await,
        _ => redrawn(&bytes, "", 1, &SEALED, most).await,
    };
    match (drawn, bare, kind) {
        (Some(jpeg), ..) => Ok((jpeg, Kind::Jpeg)),
        (None, Some(bare), Some(kind)) => Ok((oriented(&bare, turn), kind)),
        (None, None, Some(_)) => Err(Unfit::Damaged),
        _ if is_heic(&bytes) => Err(Unfit::Heic),
        _ => Err(Unfit::Kind),
    }
}

/// A small picture of a photo as it is sealed, as a `data:` address: the page need not make a `Blob` of it, which might be
/// moved to the disk.
pub async fn preview(photo: &[u8]) -> Option<String> {
    let kind = Kind::of(photo).filter(|kind| *kind != Kind::Pdf)?;
    let small = redrawn(photo, kind.names().0, 1, &SMALL, f64::INFINITY).await;
    let shown = small.as_deref().or(Some(photo).filter(|photo| photo.len() <= WHOLE))?;
    let media_type = Kind::of(shown)?.names().0;
    Some(["data:", media_type, ";base64,", &Base64::encode_string(shown)].concat())
}

/// The picture as a JPEG within these bounds, turned upright, of at most so many bytes if that can be. `None` where this
/// browser cannot do that truthfully.
///
/// The browser is given the picture without its EXIF: some turn it by that, older ones do not.
async fn redrawn(picture: &[u8], media_type: &str, turn: u8, bounds: &Bounds, most: f64) -> Option<Vec<u8>> {
    if !is_truthful()? {
        return None;
    }
    let kind = BlobPropertyBag::new();
    kind.set_type(media_type);
    let blob = Blob::new_with_u8_array_sequence_and_options(&Array::of1(&Uint8Array::from(picture)), &kind).ok()?;
    let decoded: ImageBitmap = JsFuture::from(worker().create_image_bitmap_with_blob(&blob).ok()?).await.ok()?.unchecked_into();
    let (width, height) = (f64::from(decoded.width()), f64::from(decoded.height()));
    let scale = (bounds.longest / width.max(height)).max(bounds.shorter / width.min(height)).min(1.0);
    if width * height * scale * scale > MOST_POINTS || width.max(height) * scale > MOST_SIDE {
        return None;
    }
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
    let mut jpeg = None;
    for quality in QUALITIES {
        let options = ImageEncodeOptions::new();
        options.set_type(Kind::Jpeg.names().0);
        options.set_quality(quality);
        let encoded = JsFuture::from(canvas.convert_to_blob_with_options(&options).ok()?).await.ok()?;
        jpeg = stripped(Kind::Jpeg, &bytes_of(&encoded).await?);
        #[expect(clippy::cast_precision_loss, reason = "a length in memory")]
        let fits = jpeg.as_ref().is_none_or(|jpeg| jpeg.len() as f64 <= most);
        if fits {
            break;
        }
    }
    jpeg
}

fn canvas((width, height): (f64, f64)) -> Option<(OffscreenCanvas, OffscreenCanvasRenderingContext2d)> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most MOST_SIDE")]
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
