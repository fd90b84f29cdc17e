//! Attached pictures, decoded here and nowhere else: no viewer and no browser ever decodes bytes that a stranger sent. What
//! comes out is pixels, and a fresh file made of them.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbaImage, imageops};

/// Most pixels that are decoded: a picture of 6,000 by 5,000.
const MOST_PIXELS: u64 = 30_000_000;
const LONGEST_SIDE: u32 = 12_000;
/// Most passes over a picture. A camera makes about ten; a hostile file thousands, each as long as the first.
const MOST_SCANS: usize = 24;
const START_OF_SCAN: [u8; 2] = [0xff, 0xda];
const JPEG_QUALITY: u8 = 85;

/// The reason why a picture is not shown. The words quote nothing from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum PictureError {
    /// Its bytes are of another kind than it says.
    #[error("it is not the kind of picture that it says it is")]
    #[diagnostic(help("Do not open it with anything. Tell the coalition: our form does not make such files."))]
    Disguised,
    /// It would take too long or too much memory.
    #[error("it is {width} by {height} pixels, more than is decoded here")]
    #[diagnostic(help("Ask the person for a smaller one."))]
    TooLarge {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// It would take too long.
    #[error("it is made to take very long to decode")]
    #[diagnostic(help("Do not open it with anything. Tell the coalition: our form does not make such files."))]
    TooManyScans,
    /// Cut short, damaged, or not as its format demands.
    #[error("it is damaged or cut short")]
    #[diagnostic(help("Ask the person to send it again."))]
    Damaged,
}

/// A decoded picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture(RgbaImage);

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} × {})", self.width(), self.height())
    }
}

impl Picture {
    /// Decodes a JPEG or PNG file of this media type (`image/jpeg`, `image/png`), no side of it longer than `side` pixels
    /// afterwards.
    pub fn decode(bytes: &[u8], media_type: &str, side: u32) -> Result<Self, PictureError> {
        let format = match media_type {
            "image/jpeg" => ImageFormat::Jpeg,
            "image/png" => ImageFormat::Png,
            _ => return Err(PictureError::Disguised),
        };
        if image::guess_format(bytes).ok() != Some(format) {
            return Err(PictureError::Disguised);
        }
        // Inside a scan's data, 0xff is never followed by this.
        if format == ImageFormat::Jpeg && bytes.windows(2).filter(|pair| *pair == START_OF_SCAN).count() > MOST_SCANS {
            return Err(PictureError::TooManyScans);
        }
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        let mut limits = Limits::default();
        limits.max_alloc = Some(8 * MOST_PIXELS);
        reader.limits(limits);
        let decoder = reader.into_decoder().map_err(|_| PictureError::Damaged)?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > MOST_PIXELS || width.max(height) > LONGEST_SIDE {
            return Err(PictureError::TooLarge { width, height });
        }
        let whole = DynamicImage::from_decoder(decoder).map_err(|_| PictureError::Damaged)?;
        Ok(Self(if width.max(height) > side { whole.thumbnail(side, side).into_rgba8() } else { whole.into_rgba8() }))
    }

    /// Pixels from side to side.
    pub fn width(&self) -> u32 {
        self.0.width()
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> u32 {
        self.0.height()
    }

    /// Four bytes a pixel (red, green, blue, opacity), row by row from the top.
    pub fn rgba(&self) -> &[u8] {
        self.0.as_raw()
    }

    /// The picture turned a quarter to the right.
    #[must_use]
    pub fn turned(&self) -> Self {
        Self(imageops::rotate90(&self.0))
    }

    /// A fresh JPEG file, with nothing in it but the pixels.
    ///
    /// # Panics
    /// Never: the picture is within what a JPEG can hold.
    pub fn to_jpeg(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let rgb = DynamicImage::ImageRgba8(self.0.clone()).into_rgb8();
        JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY)
            .encode_image(&rgb)
            .expect("no side is longer than 65,535 pixels, and writing to a Vec does not fail");
        file
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut file = Vec::new();
        GrayImage::from_pixel(width, height, Luma([200])).write_to(&mut Cursor::new(&mut file), ImageFormat::Png).unwrap();
        file
    }

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        Picture::decode(&png(width, height), "image/png", u32::MAX).unwrap().to_jpeg()
    }

    #[test]
    fn pictures_are_decoded_made_smaller_and_written_anew() {
        let photo = jpeg(400, 200);
        let picture = Picture::decode(&photo, "image/jpeg", 100).unwrap();
        assert_eq!((picture.width(), picture.height(), picture.rgba().len()), (100, 50, 100 * 50 * 4));
        assert_eq!((picture.turned().width(), picture.turned().height()), (50, 100));
        let mut with_a_place = photo[..2].to_vec();
        with_a_place.extend(b"\xff\xe1\x00\x10Exif\0\0 Kabul 1");
        with_a_place.extend(&photo[2..]);
        let again = Picture::decode(&with_a_place, "image/jpeg", 400).unwrap().to_jpeg();
        assert!(!again.windows(5).any(|bytes| bytes == b"Kabul" || bytes == b"Exif\0"));
    }

    #[test]
    fn what_is_not_what_it_says_is_not_decoded() {
        for (bytes, media_type) in [
            (png(4, 4), "image/jpeg"),
            (jpeg(4, 4), "image/png"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "image/jpeg"),
            (b"GIF89a".to_vec(), "image/jpeg"),
            (png(4, 4), "image/svg+xml"),
            (Vec::new(), "image/png"),
        ] {
            assert_eq!(Picture::decode(&bytes, media_type, 100), Err(PictureError::Disguised));
        }
    }

    #[test]
    fn a_small_file_that_says_it_is_huge_is_refused_before_its_pixels_are_made() {
        // Width and height stand behind the chunk's name; then its checksum.
        let mut huge = png(4, 4);
        huge[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        huge[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        let sum = crc(&huge[12..29]).to_be_bytes();
        huge[29..33].copy_from_slice(&sum);
        assert!(matches!(
            Picture::decode(&huge, "image/png", 100),
            Err(PictureError::TooLarge { width: 60_000, height: 60_000 } | PictureError::Damaged)
        ));
        let long = png(20_000, 1);
        assert_eq!(Picture::decode(&long, "image/png", 100), Err(PictureError::TooLarge { width: 20_000, height: 1 }));
    }

    #[test]
    fn a_picture_of_very_many_passes_is_refused() {
        let mut many = jpeg(8, 8);
        let end = many.split_off(many.len() - 2);
        many.extend(START_OF_SCAN.repeat(MOST_SCANS));
        many.extend(end);
        assert_eq!(Picture::decode(&many, "image/jpeg", 100), Err(PictureError::TooManyScans));
    }

    #[test]
    fn a_picture_that_is_cut_short_anywhere_is_an_error_or_a_picture() {
        for (file, media_type) in [(png(64, 64), "image/png"), (jpeg(64, 64), "image/jpeg")] {
            for length in 0..file.len() {
                let _ = Picture::decode(&file[..length], media_type, 100);
            }
            assert_eq!(Picture::decode(&file[..20], media_type, 100), Err(PictureError::Damaged));
        }
    }

    /// CRC-32 as in PNG (ISO 3309).
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
        })
    }
}
