//! Bundles: every file that is found lies inside, after the one before, and the walk ends.
#![no_main]

use amanat_reviewer_core::bundle::Walk;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut walk = Walk::new(bytes.len() as u64);
    let (mut last, mut steps) = (0, 0);
    while let Ok(Some(range)) = walk.wants() {
        let wanted = &bytes[usize::try_from(range.start).expect("inside")..usize::try_from(range.end).expect("inside")];
        let Ok(member) = walk.take(wanted) else { break };
        if let Some(member) = member {
            assert!(member.bytes.start >= last && member.bytes.start <= member.bytes.end, "files that lie over each other");
            assert!(member.bytes.end <= bytes.len() as u64, "a file outside");
            assert!(!member.name.contains(['/', '\\']), "a path");
            last = member.bytes.end;
        }
        steps += 1;
        assert!(steps <= bytes.len() / 256 + 2, "it does not come to an end");
    }
});
