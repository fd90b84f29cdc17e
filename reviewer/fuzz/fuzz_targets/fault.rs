//! A sealed file that does not open: that it is told apart by its name and its length.
#![no_main]

use amanat_reviewer_core::decrypt::{Damage, Fault, identity};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let named = identity(data);
    let judged = |fault: Fault, name: &str| fault.judged(name, data);
    assert!(matches!(judged(Fault::OtherKeys, &named), Fault::OtherKeys));
    assert!(matches!(judged(Fault::Damaged(Damage::Inside), &named), Fault::CameDamaged(Damage::Inside)));
    let other = "00".repeat(32);
    assert!(matches!(judged(Fault::OtherKeys, &other), Fault::Damaged(Damage::Changed)));
    assert!(!judged(Fault::OtherKeys, &other).may_be_discarded());
    assert!(matches!(judged(Fault::OtherKeys, "a name"), Fault::OtherKeys | Fault::Damaged(Damage::Cut)));
});
