//! What a photo says beside the picture: place, time, camera, thumbnail. It is cut out before a photo is hashed; the
//! picture itself stays bit for bit.
//!
//! JPEG: ITU-T T.81, annex B. PNG: W3C PNG, chunks.

/// What a file is, by its first bytes; its name and its declared type say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `image/jpeg`.
    Jpeg,
    /// `image/png`.
    Png,
    /// `application/pdf`.
    Pdf,
}

impl Kind {
    /// Looks at the first bytes. `None`: nothing that a registration may carry.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Self::Pdf),
            _ => None,
        }
    }

    /// Media type, and the extension of its name in the archive.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Jpeg => ("image/jpeg", "jpg"),
            Self::Png => ("image/png", "png"),
            Self::Pdf => ("application/pdf", "pdf"),
        }
    }
}

/// The photo without its metadata; a PDF as it is. `None` if it is damaged: then it cannot be told what it says.
pub fn stripped(kind: Kind, bytes: &[u8]) -> Option<Vec<u8>> {
    match kind {
        Kind::Jpeg => jpeg(bytes),
        Kind::Png => png(bytes),
        Kind::Pdf => Some(bytes.to_vec()),
    }
}

/// Keeps what decodes the picture. Of the application segments only Adobe's (APP14), which tells the colours.
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(bytes.get(..2)?);
    let mut at = 2;
    loop {
        let (0xff, marker) = (*bytes.get(at)?, *bytes.get(at + 1)?) else { return None };
        match marker {
            // A filling byte.
            0xff => at += 1,
            0xd9 => {
                // Nothing behind the end: phones hide a second picture, or a film, there.
                out.extend_from_slice(&[0xff, 0xd9]);
                return Some(out);
            }
            0x01 | 0xd0..=0xd7 => {
                out.extend_from_slice(&[0xff, marker]);
                at += 2;
            }
            _ => {
                let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
                let end = at + 2 + length;
                let segment = bytes.get(at..end)?;
                if length < 2 {
                    return None;
                }
                let tells = matches!(marker, 0xe0..=0xed | 0xef | 0xfe);
                if !tells {
                    out.extend_from_slice(segment);
                }
                at = end;
                if marker == 0xda {
                    // Coded data runs to the next marker that is neither a stuffed zero nor a restart.
                    let coded = bytes.get(at..)?;
                    let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7);
                    let length = coded.windows(2).position(ends)?;
                    out.extend_from_slice(&coded[..length]);
                    at += length;
                }
            }
        }
    }
}

/// Keeps the chunks that decode the picture.
fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(bytes.get(..8)?);
    let mut at = 8;
    loop {
        let length = usize::try_from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()?;
        let end = at.checked_add(length)?.checked_add(12)?;
        let chunk = bytes.get(at..end)?;
        let kind = &chunk[4..8];
        if matches!(kind, b"IHDR" | b"PLTE" | b"IDAT" | b"IEND" | b"tRNS" | b"gAMA" | b"cHRM" | b"sRGB" | b"sBIT") {
            out.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(out);
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], content].concat()
    }

    #[test]
    fn a_jpeg_keeps_its_picture_and_loses_what_it_says_beside_it() {
        let picture =
            [segment(0xdb, &[1; 65]), segment(0xee, b"Adobe"), segment(0xda, &[0]), vec![1, 0xff, 0, 2, 0xff, 0xd0, 3]].concat();
        let told = [segment(0xe0, b"JFIF"), segment(0xe1, b"Exif GPS"), segment(0xe2, b"MPF"), segment(0xfe, b"note")].concat();
        let whole = |told: &[u8], behind: &[u8]| [&[0xff, 0xd8], told, &picture, &[0xff, 0xd9], behind].concat();
        let photo = whole(&told, b"a film");
        assert_eq!(Kind::of(&photo), Some(Kind::Jpeg));
        assert_eq!(stripped(Kind::Jpeg, &photo), Some(whole(b"", b"")));
    }

    #[test]
    fn a_png_keeps_its_picture_and_loses_what_it_says_beside_it() {
        let chunk = |kind: &[u8], content: &[u8]| {
            [&u32::try_from(content.len()).unwrap().to_be_bytes()[..], kind, content, &[0; 4]].concat()
        };
        let start = b"\x89PNG\r\n\x1a\n".to_vec();
        let picture = [chunk(b"IDAT", &[5; 9]), chunk(b"IEND", b"")].concat();
        let photo = [
            start.clone(),
            chunk(b"IHDR", &[0; 13]),
            chunk(b"eXIf", b"GPS"),
            chunk(b"tEXt", b"Author"),
            picture.clone(),
            b"more".to_vec(),
        ]
        .concat();
        assert_eq!(stripped(Kind::Png, &photo), Some([start, chunk(b"IHDR", &[0; 13]), picture].concat()));
    }

    #[test]
    fn a_damaged_photo_is_refused() {
        assert_eq!(stripped(Kind::Jpeg, &[0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff]), None);
        assert_eq!(stripped(Kind::Png, b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            for kind in [Kind::Jpeg, Kind::Png, Kind::Pdf] {
                let _ = stripped(kind, &bytes);
                let _ = stripped(kind, &[&[0xff, 0xd8, 0xff], &bytes[..]].concat());
            }
        }
    }
}
