//! Photos.

use memchr::memmem;

use super::the_only_registration;
use crate::{
    browser::Edition,
    people::judge,
    phone::{CAMERA, Phone},
    world::{Keys, World},
};

#[test]
fn a_photo_does_not_tell_reviewers_where_it_was_taken() {
    let world = World::start(Keys::PostQuantum);
    let mut phone = Phone::new(Edition::Current);
    let taken = phone.take_photo(200);
    assert!(memmem::find(&taken, CAMERA.as_bytes()).is_some(), "the camera wrote nothing into the photo");
    phone.register(&world.wire.origin, &judge());
    let opened = the_only_registration(&world);
    let (name, photo) = opened.attachments.first().expect("the photo arrived");
    assert!(memmem::find(photo, CAMERA.as_bytes()).is_none(), "{name} says where it was taken");
}
