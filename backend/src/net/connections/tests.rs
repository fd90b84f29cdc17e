use futures_util::FutureExt;

use super::*;

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn has_ended(place: &Place) -> bool {
    place.activity.ended().now_or_never().is_some()
}

#[test]
fn who_has_made_no_progress_for_the_longest_makes_room() {
    let (connections, start) = (Connections::new(), Instant::now());
    let places: Vec<Place> = (0..4).map(|at| connections.enter(4, start + secs(at)).unwrap()).collect();
    places[0].activity.moved(600, start + secs(10));
    // A byte now and then is no progress.
    places[1].activity.moved(1, start + secs(11));
    let newcomer = connections.enter(4, start + secs(12)).unwrap();
    assert_eq!(places.iter().map(has_ended).collect::<Vec<_>>(), [false, true, false, false]);
    // The second of those that were found with it has moved since.
    places[2].activity.moved(600, start + secs(13));
    let another = connections.enter(4, start + secs(14)).unwrap();
    assert_eq!(places.iter().map(has_ended).collect::<Vec<_>>(), [false, false, false, true]);
    assert!(!has_ended(&newcomer) && !has_ended(&another));
    drop(places);
    assert_eq!(connections.count(), Count { open: 2, idle: 2 });
}

#[test]
fn a_request_that_the_server_is_at_is_never_ended() {
    let (connections, start) = (Connections::new(), Instant::now());
    let places: Vec<Place> = (0..2).map(|_| connections.enter(2, start).unwrap()).collect();
    places[0].activity.asked(start);
    places[1].activity.asked(start);
    assert!(connections.enter(2, start + secs(1)).is_none());
    connections.sweep(start + secs(10_000));
    assert_eq!(connections.count(), Count { open: 2, idle: 0 });
    places[1].activity.waiting();
    assert!(connections.enter(2, start + secs(2)).is_some());
    assert_eq!((has_ended(&places[0]), has_ended(&places[1])), (false, true));
}

#[test]
fn forty_thousand_idle_connections_lock_nobody_out() {
    let (connections, start) = (Connections::new(), Instant::now());
    let person = connections.enter(2_000, start).unwrap();
    let mut crowd = Vec::new();
    for number in 0..40_000_u64 {
        let now = start + Duration::from_millis(number);
        crowd.push(connections.enter(2_000, now).unwrap());
        if number % 500 == 0 {
            person.activity.moved(1400, now);
        }
    }
    assert!(!has_ended(&person));
    assert_eq!(crowd.iter().filter(|place| has_ended(place)).count(), 40_000 - 1_999);
    assert_eq!(connections.count().open, 2_000);
}

#[test]
fn who_is_silent_ends_and_so_does_who_takes_a_byte_a_minute() {
    let (connections, start) = (Connections::new(), Instant::now());
    let [silent, crawling, slow] = std::array::from_fn(|_| connections.enter(9, start).unwrap());
    for place in [&silent, &crawling, &slow] {
        place.activity.asked(start);
        place.activity.waiting();
    }
    let mut ended_at = None;
    for minute in 1..=40 {
        let now = start + secs(60 * minute);
        crawling.activity.moved(1, now);
        slow.activity.moved(1700, now);
        connections.sweep(now);
        assert_eq!(has_ended(&silent), minute == 2, "{minute}");
        if has_ended(&crawling) {
            ended_at = Some(minute);
        }
    }
    assert_eq!(ended_at, Some(10));
    assert!(!has_ended(&slow));
    assert_eq!(connections.count().open, 1);
}
