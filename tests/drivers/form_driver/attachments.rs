//! Files to attach to the form.

use std::{fs, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::FormDriver;

/// Metadata that a camera writes into a photo and that identifies where it was taken.
pub(crate) const CAMERA: &str = "GPS 34.5553N 69.2075E";

impl FormDriver {
    /// Makes a photo of `side` × `side` pixels before a page is open: a JPEG of noise, which does not compress further.
    pub(crate) fn take_photo(&mut self, side: u32) -> Vec<u8> {
        let address = self.browser.evaluate(&format!(
            "(() => {{
                const canvas = document.createElement('canvas');
                canvas.width = canvas.height = {side};
                const context = canvas.getContext('2d');
                const image = context.createImageData({side}, {side});
                let state = 1;
                for (let i = 0; i < image.data.length; i++) {{
                    state = (state * 48271) % 2147483647;
                    image.data[i] = i % 4 === 3 ? 255 : state % 256;
                }}
                context.putImageData(image, 0, 0);
                return canvas.toDataURL('image/jpeg', 0.9);
            }})()"
        ));
        let photo = with_segment(&bytes_of(&address), &[b"Exif\0\0".as_slice(), CAMERA.as_bytes()].concat());
        let file = self.folder.path().join("photo.jpg");
        fs::write(&file, &photo).expect("the photo is written");
        self.attached = vec![file];
        photo
    }

    /// Makes a photo that is red on the left and blue on the right, with this EXIF orientation.
    pub(crate) fn take_rotated_photo(&mut self, width: u32, height: u32, orientation: u8) {
        let address = self.browser.evaluate(&format!(
            "(() => {{
                const canvas = document.createElement('canvas');
                canvas.width = {width};
                canvas.height = {height};
                const context = canvas.getContext('2d');
                context.fillStyle = '#f00';
                context.fillRect(0, 0, {width}, {height});
                context.fillStyle = '#00f';
                context.fillRect({width} / 2, 0, {width}, {height});
                return canvas.toDataURL('image/jpeg', 0.9);
            }})()"
        ));
        let plain = bytes_of(&address);
        let directory = [0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
        let exif = [b"Exif\0\0MM\0*\0\0\0\x08".as_slice(), &directory].concat();
        self.attached.clear();
        self.attach_file("lying.jpg", &with_segment(&plain, &exif));
    }

    /// Makes PDFs of this size whose content does not compress further.
    pub(crate) fn attach_pdfs(&mut self, count: usize, bytes: usize) -> Vec<Vec<u8>> {
        let mut state = 1_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        let pdfs: Vec<Vec<u8>> = (0..count)
            .map(|_| b"%PDF-1.7\n".iter().copied().chain(std::iter::repeat_with(&mut noise)).take(bytes).collect())
            .collect();
        self.attached.clear();
        for (index, pdf) in pdfs.iter().enumerate() {
            self.attach_file(&format!("{index}.pdf"), pdf);
        }
        pdfs
    }

    /// Adds a file to attach.
    pub(crate) fn attach_file(&mut self, name: &str, bytes: &[u8]) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, bytes).expect("the file is written");
        self.attached.push(file.clone());
        file
    }
}

/// Decodes the bytes of a data address.
pub(crate) fn bytes_of(address: &Value) -> Vec<u8> {
    let address = address.as_str().expect("a canvas gives an address");
    STANDARD.decode(address.split(',').nth(1).expect("a data address has a comma")).expect("it is base64")
}

/// Inserts an APP1 segment behind a JPEG's first two bytes, as cameras do.
fn with_segment(jpeg: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).expect("it is short");
    [&jpeg[..2], &[0xff, 0xe1], &length.to_be_bytes(), content, &jpeg[2..]].concat()
}
