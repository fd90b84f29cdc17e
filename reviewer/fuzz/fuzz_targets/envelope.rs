//! The header's reader: what has begun well is never refused before more of it has come, and what it found once stays found.
#![no_main]

use amanat_shared::envelope::{accept, header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let whole = header(data);
    if let Ok(Some(found)) = whole {
        assert!(found.bytes <= data.len() && found.recipients > 0);
        assert_eq!(header(&data[..found.bytes]), whole);
        let _ = accept(&found, data.len() as u64, &[(found.kind, found.recipients)]);
    }
    // A few cuts, so that a run stays fast.
    for cut in [data.len() / 2, data.len().saturating_sub(1)] {
        match (header(&data[..cut]), &whole) {
            (Ok(None), _) | (Err(_), Err(_)) => {}
            (Ok(Some(before)), Ok(Some(found))) => assert_eq!(before, *found),
            (early, whole) => panic!("{early:?}, then {whole:?}"),
        }
    }
});
