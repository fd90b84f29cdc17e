//! Attachments that are not what their names say, or that grow when they are decoded. They open, since their hashes match;
//! whatever begins as something else than its name says is pointed out.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::generators::{JPEG, Kind, Tar, attached};

/// Returns all kinds of hostile pictures.
pub fn kinds() -> Vec<Kind> {
    [bombs(), broken(), disguised()].into_iter().flatten().collect()
}

const READS: &[&str] = &["see the attachment", "attachments/01."];

/// Returns a PNG chunk with its checksum.
fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for &byte in kind.iter().chain(data) {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], &kind, data, &(!crc).to_be_bytes()].concat()
}

fn png(width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(*b"IHDR", &head), chunks.concat(), chunk(*b"IEND", b"")].concat()
}

/// Returns the beginning of a JPEG that announces these sides.
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let frame =
        [&[0xff, 0xc2, 0, 17, 8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]];
    [&[0xff, 0xd8][..], &frame.concat(), &[0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0], &[0; 64], &[0xff, 0xd9]].concat()
}

/// Returns a large black picture in few bytes.
fn black(side: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::NoFilter)
        .write_image(&vec![0; (side * side) as usize], side, side, ExtendedColorType::L8)
        .unwrap();
    bytes
}

fn bombs() -> Vec<Kind> {
    vec![
        attached("picture_png_of_the_largest_sides", READS, "png", || png(0x7fff_ffff, 0x7fff_ffff, &[chunk(*b"IDAT", b"x")])),
        attached("picture_png_of_no_sides", READS, "png", || png(0, 0, &[chunk(*b"IDAT", b"")])),
        attached("picture_png_long_and_thin", READS, "png", || png(0x7fff_ffff, 1, &[chunk(*b"IDAT", b"x")])),
        attached("picture_png_bomb", READS, "png", || black(6000)),
        attached("picture_png_of_many_chunks", READS, "png", || png(1, 1, &vec![chunk(*b"tEXt", b"k\0v"); 100_000])),
        attached("picture_png_with_a_chunk_beyond_the_end", READS, "png", || {
            [b"\x89PNG\r\n\x1a\n".to_vec(), b"\xff\xff\xff\xffIHDR".to_vec()].concat()
        }),
        attached("picture_jpeg_of_the_largest_sides", READS, "jpg", || jpeg(65_535, 65_535)),
        attached("picture_jpeg_of_no_sides", READS, "jpg", || jpeg(0, 0)),
        attached("picture_jpeg_of_many_scans", READS, "jpg", || {
            let scan = [&[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0][..], &[0; 8]].concat();
            [&jpeg(4096, 4096)[..21], &scan.repeat(50_000), &[0xff, 0xd9]].concat()
        }),
    ]
}

fn broken() -> Vec<Kind> {
    vec![
        attached("picture_png_cut_in_the_middle", READS, "png", || {
            let bytes = black(64);
            bytes[..bytes.len() / 2].to_vec()
        }),
        attached("picture_png_of_eight_bytes", READS, "png", || b"\x89PNG\r\n\x1a\n".to_vec()),
        attached("picture_jpeg_cut_in_the_middle", READS, "jpg", || jpeg(64, 64)[..30].to_vec()),
        attached("picture_jpeg_of_three_bytes", READS, "jpg", || JPEG[..3].to_vec()),
        attached("picture_jpeg_with_a_segment_beyond_the_end", READS, "jpg", || b"\xff\xd8\xff\xe1\xff\xffExif\0\0".to_vec()),
        attached("picture_of_no_bytes", READS, "jpg", Vec::new),
    ]
}

fn disguised() -> Vec<Kind> {
    let script = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"evil()\"><script>evil()</script></svg>";
    let page = "<!doctype html><meta http-equiv=refresh content=\"0;url=http://example.org/evil\"><script>evil()</script>";
    let paper = "%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>";
    let mut kinds: Vec<Kind> = [
        ("disguised_svg", "jpg", script.as_bytes()),
        ("disguised_svg_as_png", "png", script.as_bytes()),
        ("disguised_page", "jpg", page.as_bytes()),
        ("disguised_page_as_pdf", "pdf", page.as_bytes()),
        ("disguised_pdf", "jpg", paper.as_bytes()),
        ("disguised_program", "jpg", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0"),
        ("disguised_elf", "pdf", b"\x7fELF\x02\x01\x01\0"),
        ("disguised_gif", "png", b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0;"),
        ("disguised_zip", "jpg", b"PK\x03\x04\x14\0\0\0\x08\0"),
        ("disguised_shortcut", "pdf", b"L\0\0\0\x01\x14\x02\0"),
        ("paper_that_runs_a_script", "pdf", paper.as_bytes()),
    ]
    .into_iter()
    .map(|(name, extension, bytes)| attached(name, READS, extension, || bytes.to_vec()))
    .collect();
    kinds.extend([
        attached("polyglot_of_a_picture_and_a_page", READS, "jpg", move || [JPEG, page.as_bytes()].concat()),
        attached("polyglot_of_a_picture_and_a_pdf", READS, "jpg", move || [JPEG, paper.as_bytes()].concat()),
        attached("polyglot_of_a_png_and_a_page", READS, "png", move || {
            png(1, 1, &[chunk(*b"tEXt", &[b"Comment\0", page.as_bytes()].concat())])
        }),
        attached("archive_in_an_archive", READS, "pdf", || {
            Tar::listing_one().entry("../../evil.jpg", JPEG).thing(b'2', b"/etc/passwd").end()
        }),
        attached("age_file_in_an_archive", READS, "pdf", || b"age-encryption.org/v1\n-> X25519 evil\n".to_vec()),
    ]);
    kinds
}
