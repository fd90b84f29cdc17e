//! Runs tests of the server at a size that takes minutes.

use super::print;
use crate::{
    e2e::{
        durability::{End, assert_nothing_is_lost},
        slow_clients::{Slow, assert_served_beside},
    },
    fixtures::power_loss::Fsync,
};

const KILLS: usize = 200;
/// The power cuts are spread over these clusters, since each cut copies everything that a cluster has stored.
const DEPLOYMENTS: usize = 8;
const CONNECTIONS: usize = 4_000;
const SECS: u32 = 30;

#[test]
#[ignore = "make bench runs it"]
fn nothing_acknowledged_is_lost_in_200_kills() {
    let acknowledged = assert_nothing_is_lost(KILLS, End::Kill);
    print(&format!("nothing lost: {KILLS} kills while 16 people send, {acknowledged} registrations acknowledged, all there"));
}

#[test]
#[ignore = "make bench runs it"]
fn nothing_acknowledged_is_lost_in_200_power_cuts() {
    let in_one = |_| assert_nothing_is_lost(KILLS / DEPLOYMENTS, End::PowerCut(Fsync::Real));
    let acknowledged: usize = (0..DEPLOYMENTS).map(in_one).sum();
    print(&format!("nothing lost: {KILLS} power cuts while 16 people send, {acknowledged} registrations acknowledged, all there"));
}

#[test]
#[ignore = "make bench runs it"]
fn a_page_loads_while_4000_are_slow() {
    for slow in [Slow::Headers, Slow::Bodies, Slow::Reading] {
        let seen = assert_served_beside(slow, CONNECTIONS, SECS);
        print(&format!(
            "slow attackers: {CONNECTIONS} ({slow:?}), {} connections open at most, server's memory at most {:.0} MB: an upload \
             completed, and of {} loads of the page with all its files the slowest took {:.0} ms",
            seen.open,
            bytes_as_mb(seen.memory),
            seen.loads,
            seen.page.as_secs_f64() * 1000.0,
        ));
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody reads that many digits")]
pub(super) fn bytes_as_mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
