//! Measurements that `make bench` prints. None fails because a machine is slow.

mod desk;
mod durability;
mod flood;
mod server;
mod slow_uploads;

use serde_json::{Value, json};

use crate::{
    drivers::{
        browser::{Browser, Edition},
        form_driver::FormDriver,
    },
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::judge,
};

/// Chromium's "slow 3G" preset: 400 kbit/s down and up, 400 ms.
const SLOW_3G: (u32, u32) = (50_000, 400);
/// A cheap phone is this many times slower than the machine.
const SLOWER: u32 = 6;
const TIMES: usize = 5;

/// This script records the first paint, chooses a language at once, and records when the first question is visible.
const WATCH: &str = "
    addEventListener('DOMContentLoaded', () => {
        document.querySelector('[data-action=language][value=fa-AF]').click();
        new MutationObserver((_, observer) => {
            if (document.querySelector('[data-question]')) {
                observer.disconnect();
                requestAnimationFrame(() => setTimeout(() => window.firstQuestion = performance.now()));
            }
        }).observe(document.body, {childList: true, subtree: true});
    });";

fn visit(deployment: &Deployment, slow: bool) -> (f64, f64) {
    let mut browser = Browser::open(Edition::Current);
    browser.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": WATCH}));
    if slow {
        let (bytes, latency) = SLOW_3G;
        let network = json!({"offline": false, "latency": latency, "downloadThroughput": bytes, "uploadThroughput": bytes});
        browser.call("Network.emulateNetworkConditions", network);
        browser.call("Emulation.setCPUThrottlingRate", json!({"rate": SLOWER}));
    }
    browser.go(&deployment.origin);
    browser.wait_until("the first question", "window.firstQuestion > 0");
    // Chromium reports a paint after it, so a quick visit may see the question before the report.
    let paint = "performance.getEntriesByName('first-contentful-paint')";
    browser.wait_until("the report of the first paint", &format!("{paint}.length > 0"));
    let times = browser.evaluate(&format!("[{paint}[0].startTime, window.firstQuestion]"));
    let time = |at: usize| times[at].as_f64().expect("a time is a number");
    (time(0), time(1))
}

#[expect(clippy::print_stdout, reason = "this is what it is for")]
fn print(line: &str) {
    println!("{line}");
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[test]
#[ignore = "make bench runs it"]
fn first_screen_and_first_question() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut fast = (Vec::new(), Vec::new());
    let mut slow = (Vec::new(), Vec::new());
    // The two visits alternate, so that other load on the machine affects both.
    for _ in 0..TIMES {
        for (times, is_slow) in [(&mut fast, false), (&mut slow, true)] {
            let (screen, question) = visit(&deployment, is_slow);
            times.0.push(screen);
            times.1.push(question);
        }
    }
    let [screen, question] = [slow.0, slow.1].map(median);
    let [fast_screen, fast_question] = [fast.0, fast.1].map(median);
    print(&format!(
        "first visit, slow 3G (400 kbit/s, 400 ms), {SLOWER} times slower: first screen {:.1} s, first question {:.1} s \
         (medians of {TIMES}; {:.1} and {:.1} times those of this machine unslowed)",
        screen / 1000.0,
        question / 1000.0,
        screen / fast_screen,
        question / fast_question,
    ));
}

/// This script keeps each worker's memory, whose size never shrinks, so that its final size is the peak.
const KEEP_MEMORY: &str = "{
    const keep = result => {
        const exported = Object.values((result.instance ?? result).exports);
        self.memories = exported.filter(one => one instanceof WebAssembly.Memory);
        return result;
    };
    for (const name of ['instantiate', 'instantiateStreaming']) {
        const original = WebAssembly[name];
        WebAssembly[name] = (...given) => original.apply(WebAssembly, given).then(keep);
    }
}";

#[test]
#[ignore = "make bench runs it"]
fn sealing_twenty_megabytes() {
    const FILES: u32 = 3;
    const BYTES: u32 = 6_980_000;
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (judge(), FormDriver::new(Edition::Current));
    phone.browser.change_workers(KEEP_MEMORY);
    phone.attach_pdfs(FILES as usize, BYTES as usize);
    phone.begin(&deployment.origin, &person);
    phone.fill_in(&person);
    phone.browser.call("Emulation.setCPUThrottlingRate", json!({"rate": SLOWER}));
    phone.browser.evaluate(
        "window.stalls = [], window.shown = [], window.begun = performance.now(),
         new PerformanceObserver(list => window.stalls.push(...list.getEntries().map(one => one.duration)))
            .observe({type: 'longtask', buffered: false}),
         new MutationObserver(() => {
            const shown = document.querySelector('progress')?.value;
            if (shown !== undefined && shown !== window.shown[window.shown.length - 1]) window.shown.push(shown);
            if (!window.sealed && window.shown.length > 1 && shown < window.shown[window.shown.length - 2]) window.sealed = performance.now();
         }).observe(document.body, {childList: true, subtree: true, attributes: true}), 0",
    );
    phone.browser.tap("[data-action=send]");
    // The memory is read before everything is received, since another worker then takes this one's place.
    let mut memory = 0.0_f64;
    phone.browser.wait_for("it to be received", |browser| {
        let grown = browser.try_to_evaluate_in_worker("self.memories.reduce((sum, one) => sum + one.buffer.byteLength, 0)");
        memory = memory.max(grown.and_then(|bytes| bytes.as_f64()).unwrap_or(0.0));
        browser.sees("[data-role=received]").then_some(())
    });
    assert!(memory > 0.0, "the worker's memory was not seen");
    let seen = phone.browser.evaluate(
        "({stalls: window.stalls, steps: window.shown.length, sealing: window.sealed - window.begun, all: performance.now() - window.begun})",
    );
    let stalls: Vec<f64> = seen["stalls"].as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
    let longest = stalls.iter().copied().fold(0.0, f64::max);
    let sealed = f64::from(FILES * BYTES);
    print(&format!(
        "sealing and sending {:.0} MB, page {SLOWER} times slower: longest stall of the page {longest:.0} ms (of 100 allowed; \
         {} long tasks over 50 ms), {} steps of progress, sealed after {:.1} s; peak of the sealer's memory {:.0} MB, {:.1} times \
         the file",
        sealed / 1e6,
        stalls.len(),
        seen["steps"],
        seen["sealing"].as_f64().unwrap_or(f64::NAN) / 1000.0,
        memory / 1e6,
        memory / sealed,
    ));
}
