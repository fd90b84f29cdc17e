//! An attached picture: pixels, or words that say why not.
#![no_main]

use amanat_reviewer_core::picture::Picture;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for media_type in ["image/jpeg", "image/png"] {
        if let Ok(picture) = Picture::decode(data, media_type, 200) {
            assert!(picture.width().max(picture.height()) <= 200);
            assert_eq!(picture.rgba().len(), 4 * picture.width() as usize * picture.height() as usize);
            Picture::decode(&picture.to_jpeg(), "image/jpeg", 200).expect("what was drawn anew is a picture");
        }
    }
});
