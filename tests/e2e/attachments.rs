//! The form names the reason why it does not accept a file, and an accepted picture stays readable.

use std::{fs, path::Path};

use serde_json::json;

use super::only_registration;
use crate::{
    drivers::{browser::Edition, form_driver::FormDriver},
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::judge,
};

const FILES: &str = "[data-question='files']";

/// Opens the form at the page where files are attached.
fn open_attachment_page(deployment: &Deployment) -> FormDriver {
    let mut phone = FormDriver::new(Edition::Current);
    phone.begin(&deployment.proxy.origin, &crate::personas::Persona { language: "en", direction: "ltr", ..judge() });
    phone.fill_in_until(&judge(), "files");
    phone
}

impl FormDriver {
    fn attach_one(&mut self, file: &Path) {
        self.browser.attach(&format!("{FILES} input[type=file]"), &[file]);
    }

    /// Attaches a file that is refused, and returns the page's message.
    fn is_refused(&mut self, file: &Path) -> String {
        let before = self.browser.evaluate(&format!("document.querySelector(\"{FILES} [role=alert]\")?.innerText ?? ''"));
        self.browser.evaluate(&format!("document.querySelector(\"{FILES} [role=alert]\")?.setAttribute('data-old', ''), 0"));
        self.attach_one(file);
        let fresh = format!("{FILES} [role=alert]:not([data-old])");
        self.browser.wait_for(&format!("a reason after {before}"), |browser| browser.sees(&fresh).then_some(()));
        self.browser.text_of(&fresh)
    }

    fn has_attached(&mut self, count: usize) {
        let attached = format!("document.querySelectorAll(\"{FILES} [data-role=attached]\").length === {count}");
        self.browser.wait_until("a file to be attached", &attached);
    }

    /// Returns a picture of this size as the browser encodes it.
    fn picture_of(&mut self, media_type: &str, (width, height): (u32, u32)) -> Vec<u8> {
        let draw = format!(
            "(() => {{
                const canvas = Object.assign(document.createElement('canvas'), {{width: {width}, height: {height}}});
                const context = canvas.getContext('2d');
                context.fillStyle = '#fff';
                context.fillRect(0, 0, {width}, {height});
                context.fillStyle = '#000';
                for (let y = 40; y < {height}; y += 60) context.fillRect(20, y, {width} - 40 - y % 100, 8);
                return canvas.toDataURL('{media_type}', 0.9);
            }})()"
        );
        crate::drivers::form_driver::bytes_of(&self.browser.evaluate(&draw))
    }
}

#[test]
fn each_refused_file_has_its_own_reason_and_the_others_stay() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = open_attachment_page(&deployment);
    let jpeg = phone.picture_of("image/jpeg", (300, 300));
    let heic = [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), &[7; 400]].concat();
    let limits = phone.browser.text_of(FILES);
    assert!(limits.contains("Up to 3 files") && limits.contains("8 MB"), "{limits}");

    let good = phone.attach_file("good.jpg", &jpeg);
    phone.attach_one(&good);
    phone.has_attached(1);
    for (name, bytes, says) in [
        ("IMG_1.HEIC", &heic, "HEIC"),
        ("IMG_1.jpg", &heic, "screenshot"),
        ("empty.jpg", &Vec::new(), "empty"),
        ("film.mp4", &[b"\0\0\0\x18ftypmp42".as_slice(), &[0; 60]].concat(), "Only photos"),
        ("cut.png", &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "damaged"),
        ("again.jpg", &jpeg, "already"),
        ("large.pdf", &[b"%PDF-1.7\n".as_slice(), &vec![b' '; 9_000_000]].concat(), "photos of its pages"),
    ] {
        let file = phone.attach_file(name, bytes);
        let said = phone.is_refused(&file);
        assert!(said.contains(says), "{name}: {said}");
        phone.has_attached(1);
    }
    let gone = phone.attach_file("gone.jpg", &jpeg);
    phone.browser.evaluate(&format!("document.querySelector(\"{FILES} input[type=file]\").addEventListener('change', event => event.stopImmediatePropagation(), {{capture: true, once: true}}), 0"));
    phone.attach_one(&gone);
    fs::remove_file(&gone).expect("it was there");
    phone.browser.evaluate(&format!("document.querySelector(\"{FILES} [role=alert]\")?.setAttribute('data-old', ''), 0"));
    phone.browser.evaluate(&format!(
        "document.querySelector(\"{FILES} input[type=file]\").dispatchEvent(new Event('change', {{bubbles: true}})), 0"
    ));
    phone.browser.wait_for("the reason", |browser| browser.sees(&format!("{FILES} [role=alert]:not([data-old])")).then_some(()));
    let said = phone.browser.text_of(&format!("{FILES} [role=alert]"));
    assert!(said.contains("could not be read"), "{said}");
}

#[test]
fn any_picture_that_the_browser_decodes_is_accepted_and_a_tall_one_stays_readable() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = open_attachment_page(&deployment);
    let webp = phone.picture_of("image/webp", (640, 480));
    assert!(webp.starts_with(b"RIFF"), "this browser writes WebP");
    let mut cut = phone.picture_of("image/jpeg", (500, 400));
    cut.truncate(cut.len() - 2);
    let tall = phone.picture_of("image/png", (1080, 9600));
    for (count, (name, bytes)) in [("chat.webp", &webp), ("cut.jpg", &cut), ("tall.png", &tall)].into_iter().enumerate() {
        let file = phone.attach_file(name, bytes);
        phone.attach_one(&file);
        phone.has_attached(count + 1);
    }
    let code = phone.fill_in_rest(&judge());
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    let opened = only_registration(&deployment);
    let sizes: Vec<_> = opened.attachments.iter().map(|(_, bytes)| jpeg_size(bytes)).collect();
    assert_eq!(sizes[..2], [(640, 480), (500, 400)]);
    let (width, height) = sizes[2];
    assert!(width >= 1000 && height > 8 * width, "{width} × {height}");
}

#[test]
fn a_pdf_behind_other_bytes_is_accepted_and_a_password_is_pointed_out() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = open_attachment_page(&deployment);
    let pdfs = [
        [b"\xef\xbb\xbf%PDF-1.7\n".as_slice(), &[b'a'; 90]].concat(),
        [&[b' '; 200], b"%PDF-1.7\n".as_slice(), &[b'b'; 90]].concat(),
        [b"\r\n%PDF-1.7\n".as_slice(), b"trailer << /Encrypt 5 0 R >>"].concat(),
    ];
    for (count, bytes) in pdfs.iter().enumerate() {
        let file = phone.attach_file(&format!("{count}.pdf"), bytes);
        phone.attach_one(&file);
        phone.has_attached(count + 1);
        assert_eq!(phone.browser.text_of(FILES).contains("protected with a password"), count == 2);
    }
    let code = phone.fill_in_rest(&judge());
    phone.browser.tap("[data-action=send]");
    phone.wait_until_received(&code);
    let opened = only_registration(&deployment);
    let files: Vec<_> = opened.attachments.iter().map(|(_, bytes)| bytes.clone()).collect();
    assert_eq!(files, pdfs);
    assert_eq!(
        opened.registration()["answers"]["files"],
        json!(["attachments/01.pdf", "attachments/02.pdf", "attachments/03.pdf"])
    );
}

/// Returns width and height from a JPEG's frame header (ITU-T T.81, B.2.2).
fn jpeg_size(jpeg: &[u8]) -> (usize, usize) {
    let mut at = 2;
    while !matches!(jpeg[at + 1], 0xc0..=0xc3) {
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    let number = |at| usize::from(u16::from_be_bytes([jpeg[at], jpeg[at + 1]]));
    (number(at + 7), number(at + 5))
}
