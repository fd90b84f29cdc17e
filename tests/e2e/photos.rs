//! Photos and PDFs: metadata, orientation, and files that are neither.

use memchr::memmem;
use serde_json::{Value, json};

use super::only_registration;
use crate::{
    drivers::{
        browser::Edition,
        form_driver::{CAMERA, FormDriver},
    },
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::judge,
};

/// This script makes a worker's canvas return other pixels than were drawn, as browsers against fingerprinting do.
const FALSIFIED: &str = "{
    const read = OffscreenCanvasRenderingContext2D.prototype.getImageData;
    OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...where) {
        const image = read.apply(this, where);
        for (let at = 0; at < image.data.length; at += 5) image.data[at] ^= 1;
        return image;
    };
}";

#[test]
fn a_photo_does_not_tell_reviewers_where_it_was_taken() {
    for falsified in [false, true] {
        let deployment = Deployment::start(RecipientType::PostQuantum);
        let mut phone = FormDriver::new(Edition::Current);
        if falsified {
            phone.browser.change_workers(FALSIFIED);
        }
        let taken = phone.take_photo(200);
        assert!(memmem::find(&taken, CAMERA.as_bytes()).is_some(), "the camera wrote nothing into the photo");
        phone.register(&deployment.proxy.origin, &judge());
        let opened = only_registration(&deployment);
        let (name, photo) = opened.attachments.first().expect("the photo arrived");
        assert!(memmem::find(photo, CAMERA.as_bytes()).is_none(), "{name} says where it was taken");
        // A photo that cannot be drawn anew keeps the camera's coded data bit for bit.
        let coded = memmem::find(&taken, &[0xff, 0xda]).expect("a JPEG has coded data");
        assert_eq!(memmem::find(photo, &taken[coded..]).is_some(), falsified);
    }
}

/// A camera held upright stores the picture rotated, with EXIF orientation 6. Without the rotation, red would be on the left;
/// it belongs at the top.
#[test]
fn a_large_photo_arrives_upright_and_no_larger_than_needed_from_old_phones_too() {
    for edition in [Edition::Current, Edition::Of2021] {
        for falsified in [false, true] {
            let deployment = Deployment::start(RecipientType::PostQuantum);
            let mut phone = FormDriver::new(edition);
            if falsified && edition == Edition::Of2021 {
                // Chromium 80 runs as one process here, so its workers cannot be changed before they start.
                continue;
            }
            if falsified {
                phone.browser.change_workers(FALSIFIED);
            }
            phone.take_rotated_photo(3000, 1500, 6);
            phone.register(&deployment.proxy.origin, &judge());
            let photo = only_registration(&deployment).attachments[0].1.clone();
            let seen = look_at(&photo);
            let size = if falsified { [1500, 3000] } else { [1000, 2000] };
            assert_eq!(seen["size"], json!(size), "{edition:?}");
            assert_eq!(seen["top"], "red", "{edition:?}");
            assert_eq!(seen["bottom"], "blue", "{edition:?}");
        }
    }
}

#[test]
fn a_file_that_is_neither_photo_nor_pdf_is_refused_and_a_pdf_passes_with_a_warning() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (judge(), FormDriver::new(Edition::Current));
    phone.take_photo(100);
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in_until(&person, "files");
    let disguised = phone.attach_file("picture.jpg", b"MZ\x90\0 a program");
    let input = "[data-question=files] input[type=file]";
    phone.browser.attach(input, &[&disguised]);
    phone.browser.wait_for("the refusal", |browser| browser.sees("[data-question=files] [role=alert]").then_some(()));
    assert!(phone.browser.text_of("[data-question=files] [role=alert]").contains("JPG"));
    assert!(!phone.browser.sees("[data-role=attached]"));

    let pdf = phone.attach_file("paper.pdf", b"%PDF-1.7\nsmall");
    phone.browser.attach(input, &[&pdf]);
    phone.browser.wait_for("the PDF", |browser| browser.sees("[data-role=attached] .warning").then_some(()));
    phone.browser.tap("[data-role=attached] [data-action=remove]");
    phone.browser.wait_for("it to be removed", |browser| (!browser.sees("[data-role=attached]")).then_some(()));

    let photo = phone.take_photo(100);
    let photo = phone.attach_file("again.jpg", &photo);
    phone.browser.attach(input, &[&photo]);
    phone.browser.wait_until("its picture", "document.querySelector('[data-role=attached] img')?.naturalWidth === 100");
    phone.browser.assert_no_complaints(&[]);
}

/// Returns how today's browser, which applies the EXIF orientation, shows a photo.
fn look_at(photo: &[u8]) -> Value {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let mut audit = FormDriver::new(Edition::Current);
    audit.browser.evaluate(&format!(
        "(async () => {{
            const photo = new Image();
            photo.src = 'data:image/jpeg;base64,{}';
            await photo.decode();
            const canvas = document.createElement('canvas');
            const [width, height] = [photo.naturalWidth, photo.naturalHeight];
            Object.assign(canvas, {{width, height}});
            const context = canvas.getContext('2d');
            context.drawImage(photo, 0, 0);
            const colour = y => {{
                const [red, green, blue] = context.getImageData(width / 2, y, 1, 1).data;
                return red > 200 && green < 80 && blue < 80 ? 'red' : blue > 200 && red < 80 && green < 80 ? 'blue' : 'other';
            }};
            return {{size: [width, height], top: colour(height / 8), bottom: colour(height * 7 / 8)}};
        }})()",
        STANDARD.encode(photo)
    ))
}
