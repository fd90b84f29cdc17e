//! The network between phone and server: how much goes over it, and what happens when it breaks.

use super::{assert_reads_the_same, the_only_registration};
use crate::{
    browser::Edition,
    people::{maryam, zarghuna},
    phone::Phone,
    wire::{Trouble, Wire},
    world::{Keys, World},
};

#[test]
fn a_first_visit_costs_at_most_120_kilobytes_in_five_requests_to_nobody_else() {
    let world = World::start(Keys::PostQuantum);
    let wire = Wire::to(world.address());
    let mut phone = Phone::new(Edition::Current);
    phone.begin(&wire.origin, &maryam());
    phone.wait_for_action("start");
    let traffic = &phone.browser.traffic;
    let addresses: Vec<&str> = traffic.exchanges.iter().map(|exchange| exchange.url.as_str()).collect();
    assert!(addresses.iter().all(|address| address.starts_with(&wire.origin)), "{addresses:?}");
    assert!(addresses.len() <= 5, "{addresses:?}");
    let counted: u64 = traffic.exchanges.iter().map(|exchange| exchange.wire_bytes).sum();
    let carried = wire.received_bytes();
    eprintln!("a first visit: {counted} bytes by the browser's count, {carried} by the wire's, in {} requests", addresses.len());
    assert!(counted > 0 && counted <= 120_000, "the browser counts {counted} bytes");
    assert!(carried <= 120_000, "the wire carried {carried} bytes");
    phone.browser.assert_no_complaints(&[]);
}

#[test]
fn a_sealed_file_arrives_though_the_connection_breaks_in_the_middle_of_it() {
    let world = World::start(Keys::PostQuantum);
    let wire = Wire::with_troubles(
        world.address(),
        [Trouble::BreaksAfter(50_000), Trouble::BreaksAfter(90_000), Trouble::BreaksAfter(20_000)],
    );
    let (person, mut phone) = (zarghuna(), Phone::new(Edition::Current));
    phone.take_photo(400);
    phone.register(&wire.origin, &person);
    assert_eq!(wire.troubles_left(), 0, "the network was better than it should have been");
    assert_reads_the_same(&the_only_registration(&world), &person);
    phone.browser.assert_no_complaints(&["Failed to load resource: net::ERR_"]);
}

#[test]
fn an_answer_that_is_lost_on_its_way_back_is_asked_for_again_and_makes_no_second_registration() {
    let world = World::start(Keys::PostQuantum);
    let wire = Wire::with_troubles(world.address(), [Trouble::LosesTheLastAnswer]);
    let (person, mut phone) = (maryam(), Phone::new(Edition::Current));
    phone.register(&wire.origin, &person);
    assert_eq!(wire.troubles_left(), 0, "the network was better than it should have been");
    assert_reads_the_same(&the_only_registration(&world), &person);
    phone.browser.assert_no_complaints(&["Failed to load resource: net::ERR_"]);
}

#[test]
fn the_page_says_received_only_after_the_servers_last_answer() {
    let world = World::start(Keys::PostQuantum);
    let (person, mut phone) = (maryam(), Phone::new(Edition::Current));
    phone.begin(&world.origin, &person);
    let code = phone.fill_in(&person);
    phone.browser.hold_answers("*/api/*");
    phone.browser.tap("[data-action=send]");
    let mut held = 0;
    loop {
        let received = phone.browser.wait_for("an answer of the server, or the end", |browser| {
            if browser.holds_an_answer() { Some(false) } else { browser.sees("[data-role=received]").then_some(true) }
        });
        if received {
            break;
        }
        held += 1;
        // Time enough for the page to draw whatever it believes.
        phone.browser.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))).then(() => 0)",
        );
        assert!(!phone.browser.sees("[data-role=received]"), "it said so before answer {held} came");
        phone.browser.release();
    }
    assert!(held >= 2, "creation and the last piece are answered");
    phone.wait_until_received(&code);
    the_only_registration(&world);
    phone.browser.assert_no_complaints(&[]);
}
