//! A photo's metadata (place, time, camera, thumbnail) are cut out before a photo is hashed; the
//! picture itself stays bit for bit.
//!
//! JPEG: ITU-T T.81, annex B. PNG: W3C PNG, chunks.

/// The type of a file, by its first bytes. Its name and its declared type say nothing.
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
            // ISO 32000-1, annex H: readers take a header that stands within the first 1,024 bytes.
            _ => bytes[..bytes.len().min(1024)].windows(5).any(|five| five == b"%PDF-").then_some(Self::Pdf),
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

/// Whether it is a photo of the HEIF family (ISO/IEC 23008-12), which few browsers decode.
pub fn is_heic(bytes: &[u8]) -> bool {
    let brand = bytes.get(8..12).unwrap_or_default();
    bytes.get(4..8) == Some(b"ftyp")
        && [b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"].iter().any(|known| brand == *known)
}

/// Whether a PDF says that it is encrypted (ISO 32000-1, 7.6): most viewers ask for a password then.
pub fn is_encrypted(pdf: &[u8]) -> bool {
    pdf.windows(9).any(|nine| nine.starts_with(b"/Encrypt") && !nine[8].is_ascii_alphanumeric())
}

/// The rotation of a JPEG, read before its metadata are cut out: the EXIF orientation, 1 to 8 (CIPA DC-008, tag 0x0112).
pub fn orientation(jpeg: &[u8]) -> u8 {
    exif_orientation(jpeg).filter(|turn| (1..=8).contains(turn)).unwrap_or(1)
}

fn exif_orientation(jpeg: &[u8]) -> Option<u8> {
    let mut rest = jpeg.get(2..)?;
    // Segments up to the coded data.
    let tiff = loop {
        let (0xff, marker @ 0xc0..=0xfe) = (*rest.first()?, *rest.get(1)?) else { return None };
        let end = 2 + usize::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]));
        match rest.get(4..end)?.strip_prefix(b"Exif\0\0") {
            Some(tiff) if marker == 0xe1 => break tiff,
            _ if marker == 0xda => return None,
            _ => rest = &rest[end..],
        }
    };
    let big = tiff.starts_with(b"MM");
    let number = |at: usize, bytes: usize| {
        let bytes = tiff.get(at..at.checked_add(bytes)?)?;
        let join = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        Some(if big { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) })
    };
    let directory = number(4, 4)?;
    let entries = number(directory, 2)?;
    let mut places = (0..entries).map(|index| directory.saturating_add(2 + 12 * index));
    let entry = places.find(|&at| number(at, 2) == Some(0x0112))?;
    u8::try_from(number(entry.checked_add(8)?, 2)?).ok()
}

/// A JPEG without metadata, with nothing but how it is to be turned beside the picture.
pub fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    const EXIF: &[u8] = b"\xff\xe1\x00\x22Exif\0\0MM\x00\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0";
    let (start, picture) = jpeg.split_at(jpeg.len().min(2));
    match orientation {
        1 => jpeg.to_vec(),
        turn => [start, EXIF, &[turn], &[0; 6], picture].concat(),
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
                    let Some(length) = coded.windows(2).position(ends) else {
                        // Cut off behind the picture's beginning: what there is of it can be seen.
                        out.extend_from_slice(coded.strip_suffix(&[0xff]).unwrap_or(coded));
                        out.extend_from_slice(&[0xff, 0xd9]);
                        return Some(out);
                    };
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
    fn a_pdf_may_have_something_before_its_header() {
        for before in [&b""[..], b"\xef\xbb\xbf", b"\r\n", &[b' '; 200], &[0; 1019]] {
            let pdf = [before, b"%PDF-1.7\n"].concat();
            assert_eq!(Kind::of(&pdf), Some(Kind::Pdf), "behind {} bytes", before.len());
            assert_eq!(stripped(Kind::Pdf, &pdf), Some(pdf));
        }
        assert_eq!(Kind::of(&[&[0; 1020][..], b"%PDF-1.7\n"].concat()), None);
    }

    #[test]
    fn a_jpeg_without_its_end_is_ended() {
        let start = [&[0xff, 0xd8][..], &segment(0xdb, &[1; 65]), &segment(0xda, &[0]), &[1, 0xff, 0, 2, 3]].concat();
        let whole = [&start[..], &[0xff, 0xd9]].concat();
        for cut in [&start[..], &[&start[..], &[0xff]].concat()] {
            assert_eq!(stripped(Kind::Jpeg, cut), Some(whole.clone()));
        }
    }

    #[test]
    fn a_heic_photo_is_known_by_its_brand() {
        for brand in [b"heic", b"heix", b"mif1", b"msf1"] {
            assert!(is_heic(&[b"\0\0\0\x18ftyp", &brand[..], b"\0\0\0\0"].concat()));
        }
        for other in [&b"\0\0\0\x18ftypmp42"[..], b"\0\0\0\x18ftyp", b""] {
            assert!(!is_heic(other));
        }
    }

    #[test]
    fn a_pdf_says_whether_it_is_encrypted() {
        assert!(is_encrypted(b"%PDF-1.7 trailer << /Encrypt 5 0 R >>"));
        assert!(is_encrypted(b"%PDF-1.7 <</Encrypt<</Filter/Standard>>>>"));
        for plain in [&b"%PDF-1.7 /EncryptMetadata false"[..], b"%PDF-1.7", b"/Encrypt"] {
            assert!(!is_encrypted(plain));
        }
    }

    #[test]
    fn a_damaged_photo_is_refused() {
        assert_eq!(stripped(Kind::Jpeg, &[0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff]), None);
        assert_eq!(stripped(Kind::Png, b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR"), None);
    }

    /// Writes EXIF as a camera does: other tags around the orientation, in either order of bytes.
    fn exif(big: bool, turn: u16) -> Vec<u8> {
        let short = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let long = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let tag = |id: u16, value: u16| [&short(id)[..], &short(3), &long(1), &short(value), &[0, 0]].concat();
        let order = if big { b"MM" } else { b"II" };
        let directory = [&short(3)[..], &tag(0x0100, 4000), &tag(0x0112, turn), &tag(0x8825, 1), &long(0)].concat();
        [b"Exif\0\0", &order[..], &short(42), &long(8), &directory].concat()
    }

    #[test]
    fn the_orientation_is_read_in_either_order_of_bytes_and_written_alone() {
        let picture = [segment(0xdb, &[1; 65]), segment(0xda, &[0]), vec![1, 2, 0xff, 0xd9]].concat();
        for big in [true, false] {
            for turn in 1..=8 {
                let told = [segment(0xe0, b"JFIF"), segment(0xe1, &exif(big, turn.into()))].concat();
                let photo = [&[0xff, 0xd8][..], &told, &picture].concat();
                assert_eq!(orientation(&photo), turn);
                let bare = stripped(Kind::Jpeg, &photo).unwrap();
                assert_eq!(orientation(&bare), 1);
                let turned = oriented(&bare, turn);
                assert_eq!(orientation(&turned), turn);
                assert_eq!(stripped(Kind::Jpeg, &turned), Some(bare));
            }
        }
        let nonsense = [&[0xff, 0xd8][..], &segment(0xe1, &exif(true, 9)), &picture].concat();
        assert_eq!(orientation(&nonsense), 1);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            orientation(&bytes);
            orientation(&[&[0xff, 0xd8], &segment(0xe1, &[b"Exif\0\0MM\x00\x2a", &bytes[..]].concat())[..]].concat());
            for kind in [Kind::Jpeg, Kind::Png, Kind::Pdf] {
                let _ = stripped(kind, &bytes);
                let _ = stripped(kind, &[&[0xff, 0xd8, 0xff], &bytes[..]].concat());
            }
        }
    }
}
