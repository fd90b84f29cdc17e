use futures_util::FutureExt;

use super::*;

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn has_ended(permit: &ConnectionPermit) -> bool {
    permit.activity.ended().now_or_never().is_some()
}

#[test]
fn the_connection_without_progress_for_the_longest_is_closed() {
    let (connections, start) = (Connections::new(), Instant::now());
    let permits: Vec<ConnectionPermit> = (0..4).map(|at| connections.acquire(4, start + secs(at)).unwrap()).collect();
    permits[0].activity.transferred(600, start + secs(10));
    // One byte is no progress.
    permits[1].activity.transferred(1, start + secs(11));
    let newcomer = connections.acquire(4, start + secs(12)).unwrap();
    assert_eq!(permits.iter().map(has_ended).collect::<Vec<_>>(), [false, true, false, false]);
    // The second candidate of the earlier search has made progress since.
    permits[2].activity.transferred(600, start + secs(13));
    let another = connections.acquire(4, start + secs(14)).unwrap();
    assert_eq!(permits.iter().map(has_ended).collect::<Vec<_>>(), [false, false, false, true]);
    assert!(!has_ended(&newcomer) && !has_ended(&another));
    drop(permits);
    assert_eq!(connections.count(), ConnectionCount { open: 2, idle: 2 });
}

#[test]
fn a_request_that_the_server_handles_is_never_closed() {
    let (connections, start) = (Connections::new(), Instant::now());
    let permits: Vec<ConnectionPermit> = (0..2).map(|_| connections.acquire(2, start).unwrap()).collect();
    permits[0].activity.request_started(start);
    permits[1].activity.request_started(start);
    assert!(connections.acquire(2, start + secs(1)).is_none());
    connections.sweep(start + secs(10_000));
    assert_eq!(connections.count(), ConnectionCount { open: 2, idle: 0 });
    permits[1].activity.mark_waiting();
    assert!(connections.acquire(2, start + secs(2)).is_some());
    assert_eq!((has_ended(&permits[0]), has_ended(&permits[1])), (false, true));
}

#[test]
fn forty_thousand_idle_connections_lock_nobody_out() {
    let (connections, start) = (Connections::new(), Instant::now());
    let person = connections.acquire(2_000, start).unwrap();
    let mut crowd = Vec::new();
    for number in 0..40_000_u64 {
        let now = start + Duration::from_millis(number);
        crowd.push(connections.acquire(2_000, now).unwrap());
        if number % 500 == 0 {
            person.activity.transferred(1400, now);
        }
    }
    assert!(!has_ended(&person));
    assert_eq!(crowd.iter().filter(|permit| has_ended(permit)).count(), 40_000 - 1_999);
    assert_eq!(connections.count().open, 2_000);
}

#[test]
fn silent_and_crawling_connections_are_closed() {
    let (connections, start) = (Connections::new(), Instant::now());
    let [silent, crawling, slow] = std::array::from_fn(|_| connections.acquire(9, start).unwrap());
    for permit in [&silent, &crawling, &slow] {
        permit.activity.request_started(start);
        permit.activity.mark_waiting();
    }
    let mut ended_at = None;
    for minute in 1..=40 {
        let now = start + secs(60 * minute);
        crawling.activity.transferred(1, now);
        slow.activity.transferred(1700, now);
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
