//! The requests and the bytes of a first visit to a usable form.

use crate::{
    drivers::{
        browser::{Edition, Exchange},
        form_driver::FormDriver,
        http::request,
    },
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::relative,
};

/// The budget of a first visit to a usable form.
const FIRST_VISIT_BYTES: u64 = 120_000;

#[test]
fn a_first_visit_makes_five_requests_to_the_site_only_and_stays_within_its_budget() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = FormDriver::new(Edition::Current);
    phone.begin(&deployment.proxy.origin, &relative());
    phone.wait_for_action("start");
    // The worker is loaded after the first screen on every phone, so that its presence in the cache tells nothing.
    phone.browser.tap("[data-action=start]");
    phone.wait_for_action("save-draft");
    let traffic = &phone.browser.traffic;
    let (later, first): (Vec<_>, Vec<_>) = traffic.exchanges.iter().partition(|exchange| exchange.url.contains("/w-"));
    let addresses: Vec<&str> = first.iter().map(|exchange| exchange.url.as_str()).collect();
    assert!(traffic.exchanges.iter().all(|exchange| exchange.url.starts_with(&deployment.proxy.origin)), "{addresses:?}");
    assert!(addresses.len() <= 5, "{addresses:?}");
    let counted: u64 = first.iter().map(|exchange| exchange.wire_bytes).sum();
    // The browser counts only the headers of a worker's script.
    let whole = |exchange: &&Exchange| {
        let body = request("GET", &exchange.url, &[("Accept-Encoding", "br")], b"").body.len() as u64;
        exchange.wire_bytes + if exchange.wire_bytes < body { body } else { 0 }
    };
    let received = deployment.proxy.received_bytes();
    let carried = received - later.iter().map(whole).sum::<u64>();
    for exchange in &traffic.exchanges {
        eprintln!("{:>7} bytes {}", exchange.wire_bytes, exchange.url);
    }
    eprintln!("{counted:>7} bytes by the browser's count, {carried} by the wire's");
    assert!(counted > 0 && counted <= FIRST_VISIT_BYTES, "the browser counts {counted} bytes");
    assert!(carried <= FIRST_VISIT_BYTES, "the wire carried {carried} bytes");

    phone.fill_in(&relative());
    assert_eq!(phone.browser.traffic.exchanges.len(), 7, "something else was fetched while the form was filled in");
    phone.browser.assert_no_complaints(&[]);
}
