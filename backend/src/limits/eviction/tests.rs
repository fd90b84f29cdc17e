use proptest::prelude::*;

use super::*;
use crate::store::UploadId;

const NOW: i64 = 1_795_414_200;
const LARGE: u64 = 12 << 20;
const SMALL: u64 = 50_000;

/// Creates an upload that began, and last made progress, this many seconds ago.
fn candidate(number: u64, length: u64, bytes: u64, began: i64, silence: i64) -> Candidate {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let upload = UnfinishedUpload { id: UploadId(id), length, received: bytes, hour: NOW / 3600 * 3600 };
    let seen = ProgressRecord { onion: false, began: NOW - began, bytes, progress: NOW - silence, number };
    Candidate::of(upload, seen)
}

fn by_onion(candidate: Candidate) -> Candidate {
    Candidate { seen: ProgressRecord { onion: true, ..candidate.seen }, ..candidate }
}

fn numbers(victims: &[UnfinishedUpload]) -> Vec<u64> {
    victims.iter().map(|upload| u64::from_be_bytes(upload.id.0[..8].try_into().unwrap())).collect()
}

#[test]
fn the_upload_with_the_fewest_bytes_per_second_of_silence_is_evicted_first() {
    let candidates = vec![
        candidate(1, LARGE, 1 << 20, 9000, 3600), // 291 bytes for each second of silence
        candidate(2, LARGE, 64_000, 9000, 10),    // slow, and on its way
        candidate(3, LARGE, 0, 300, 300),
        candidate(4, LARGE, 0, 500, 500),
        candidate(5, LARGE, 32_000, 9000, 8000),
        candidate(6, LARGE, 0, 500, 500),
    ];
    assert_eq!(numbers(&victims(candidates, 6, 6, NOW)), [4, 6, 3, 5, 1, 2]);
}

#[test]
fn uploads_without_bytes_for_ten_minutes_are_all_evicted() {
    let candidates = vec![
        candidate(1, SMALL, 0, 600, 600),
        by_onion(candidate(2, SMALL, 0, 700, 700)),
        candidate(3, LARGE, 0, 599, 599),
        candidate(4, LARGE, 512, 90_000, 90_000),
    ];
    assert_eq!(numbers(&victims(candidates, 1000, 0, NOW)), [1, 2]);
}

#[test]
fn a_flood_evicts_neither_small_uploads_nor_those_of_the_onion() {
    let flood = (100..180).map(|number| candidate(number, LARGE, 1 << 20, 300, 1));
    let small = (0..10).map(|number| candidate(number, SMALL, 0, 599, 599));
    let onion = (10..16).map(|number| by_onion(candidate(number, LARGE, 600, 9000, 9000)));
    let all: Vec<Candidate> = flood.chain(small).chain(onion).collect();
    let gone = numbers(&victims(all, 96, 96, NOW));
    assert_eq!(gone.len(), 80);
    assert!(gone.iter().all(|number| *number >= 100), "{gone:?}");
}

#[test]
fn a_new_upload_is_not_evicted_for_others_with_a_few_bytes() {
    let held = (100..190).map(|number| candidate(number, SMALL, 40_000, 300, 60));
    let new = (0..10).map(|number| candidate(number, SMALL, 0, 20, 20));
    let gone = numbers(&victims(held.chain(new).collect(), 100, 3, NOW));
    assert!(gone.len() == 3 && gone.iter().all(|number| *number >= 100), "{gone:?}");
    // A flood of new uploads evicts its own.
    let held = (100..150).map(|number| candidate(number, SMALL, 40_000, 300, 60));
    let new = (0..50).map(|number| candidate(number, SMALL, 0, 60, 60));
    assert_eq!(numbers(&victims(held.chain(new).collect(), 100, 3, NOW)), [0, 1, 2]);
}

prop_compose! {
    fn any_candidate()(
        large: bool, onion: bool, bytes in prop_oneof![Just(0), 512_u64..40_000], began in 0_i64..20_000, share in 0_i64..=100
    ) -> (bool, bool, u64, i64, i64) {
        (large, onion, bytes, began, began * share / 100)
    }
}

proptest! {
    #[test]
    fn some_upload_can_always_be_evicted_and_active_ones_come_last(
        given in prop::collection::vec(any_candidate(), 8..200), wanted in 1_usize..4
    ) {
        let all: Vec<Candidate> = given
            .iter()
            .zip(0..)
            .map(|(&(large, onion, bytes, began, silence), number)| {
                let one = candidate(number, if large { LARGE } else { SMALL }, bytes, began, silence);
                if onion { by_onion(one) } else { one }
            })
            .collect();
        let places = all.len();
        let gone = numbers(&victims(all.clone(), places, wanted, NOW));
        // At most half of all slots are reserved, so some upload can always be evicted.
        prop_assert!(gone.len() >= wanted);
        let is_gone = |candidate: &Candidate| gone.contains(&numbers(&[candidate.upload])[0]);
        let unreserved = |candidate: &Candidate| RESERVES.iter().all(|(reserve, _)| !candidate.belongs_to(*reserve, NOW));
        for active in all.iter().filter(|candidate| candidate.seen.bytes > 0 && is_gone(candidate)) {
            let idle = all.iter().filter(|other| unreserved(other) && other.compare(active, NOW) == Ordering::Less);
            prop_assert!(idle.into_iter().all(is_gone), "{active:?} went before one with less progress");
        }
    }
}
