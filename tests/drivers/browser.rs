//! A real browser: Chromium over its own protocol (`devtools`), Firefox and WebKit through their drivers (`webdriver`).
//!
//! What a person does at a phone (`hands`) is the same in all of them. Only Chromium says what it fetches (`traffic`) and lets
//! somebody come between (`interception`); of the others the wire knows what was sent.

mod devtools;
mod input;
mod interception;
mod keyboard;
mod settings;
mod traffic;
mod webdriver;
mod workers;

use std::{
    env, fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::drivers::processes::{files_in, required_path};
use devtools::DevTools;
pub(crate) use interception::Document;
pub(crate) use keyboard::Key;
pub(crate) use settings::Screen;
pub(crate) use traffic::{Exchange, Traffic};
use webdriver::WebDriver;

/// A condition that does not come true within this is a failure. Generous: machines of two cores run several browsers.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
const BETWEEN_LOOKS: Duration = Duration::from_millis(30);

/// Which browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edition {
    /// The one installed here.
    Current,
    /// Chromium 92: no `wasm-unsafe-eval`, no newer WebAssembly than phones of 2021 have.
    Of2021,
    /// Chromium 80, the oldest that the form promises to run in.
    Of2020,
    /// Firefox as it is maintained for a year.
    Firefox,
    /// WebKit, as in an iPhone, in GTK's small browser.
    WebKit,
}

enum Control {
    Chromium(DevTools),
    WebDriver(WebDriver),
}

/// One browser with a fresh profile, showing one page at the size of a cheap phone.
pub(crate) struct Browser {
    control: Control,
    /// What it fetched (only a Chromium tells), and what it complained about.
    pub(crate) traffic: Traffic,
    edition: Edition,
    /// Whether everything is touched, also where assistive technology would be faster.
    pub(crate) uses_fingers: bool,
    /// Always there, but while it is handed on.
    profile: Option<TempDir>,
}

impl Browser {
    /// Starts one.
    pub(crate) fn open(edition: Edition) -> Self {
        Self::start(edition, tempfile::tempdir().expect("a folder for the browser's profile"))
    }

    /// Kills it, as an empty battery does, and starts it again with what is on the disk.
    pub(crate) fn kill_and_restart(&mut self) {
        self.chromium().end();
        let profile = self.profile.take().expect("it has a profile");
        *self = Self::start(self.edition, profile);
    }

    /// Kills the tab's own process, as a phone does that needs the memory, and loads the page again, as it does when the person
    /// comes back to the tab.
    pub(crate) fn kill_tab(&mut self) {
        let crashes = self.traffic.crashes;
        let tab = self.chromium().session();
        // What is killed does not answer.
        self.chromium().send_to(tab, "Page.crash", &json!({}));
        self.wait_for("the tab to be gone", |browser| (browser.traffic.crashes > crashes).then_some(()));
        // The new process forgets who listens to its workers.
        self.listen_to_workers();
        self.call("Page.reload", json!({}));
        self.wait_for_the_next_page("the document", "document.readyState === 'complete'");
    }

    /// A Firefox that reaches the sites of `https` addresses through this proxy, and believes their certificates.
    pub(crate) fn firefox_with_proxy(ssl_proxy: &str) -> Self {
        let profile = tempfile::tempdir().expect("a folder for the browser's profile");
        let control = Control::WebDriver(WebDriver::firefox(profile.path(), Some(ssl_proxy)));
        Self { control, traffic: Traffic::default(), edition: Edition::Firefox, uses_fingers: false, profile: Some(profile) }
    }

    /// Ends it as a person does, and gives what remains on the disk of the phone, without the test's own logs.
    pub(crate) fn quit(mut self) -> TempDir {
        let profile = self.profile.take().expect("it has a profile");
        match &mut self.control {
            Control::Chromium(chromium) => drop(chromium.close(profile.path())),
            Control::WebDriver(driver) => driver.quit(),
        }
        drop(self);
        let logs = files_in(profile.path()).into_iter().filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            path.is_file() && name.starts_with(webdriver::NETWORK_LOG)
        });
        logs.for_each(|log| fs::remove_file(log).expect("a log of ours can be removed"));
        profile
    }

    fn start(edition: Edition, profile: TempDir) -> Self {
        let old = |program, libraries| DevTools::start(required_path(program), env::var_os(libraries), profile.path());
        let control = match edition {
            Edition::Current => Control::Chromium(DevTools::start(required_path("AMANAT_CHROMIUM"), None, profile.path())),
            Edition::Of2021 => Control::Chromium(old("AMANAT_CHROMIUM_92", "AMANAT_CHROMIUM_92_LIBS")),
            Edition::Of2020 => Control::Chromium(old("AMANAT_CHROMIUM_80", "AMANAT_CHROMIUM_80_LIBS")),
            Edition::Firefox => Control::WebDriver(WebDriver::firefox(profile.path(), None)),
            Edition::WebKit => Control::WebDriver(WebDriver::webkit(profile.path())),
        };
        let mut browser = Self { control, traffic: Traffic::default(), edition, uses_fingers: false, profile: Some(profile) };
        if matches!(browser.control, Control::Chromium(_)) {
            browser.emulate_phone();
        }
        browser
    }

    /// The value of an expression, once its promise is kept.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        if let Control::WebDriver(driver) = &self.control {
            return driver.evaluate(expression);
        }
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let result = self.call("Runtime.evaluate", params);
        assert!(result["exceptionDetails"].is_null(), "{expression}\n{}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// The same in a Chromium, where the page may go meanwhile.
    fn try_to_evaluate(&mut self, expression: &str) -> Option<Value> {
        let Self { control: Control::Chromium(chromium), traffic, .. } = self else { panic!("the drivers have their own") };
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let result = chromium.try_to_call(chromium.session(), "Runtime.evaluate", &params, traffic).ok()?;
        result["exceptionDetails"].is_null().then(|| result["result"]["value"].clone())
    }

    /// Looks again and again until there is something, and fails when patience ends.
    pub(crate) fn wait_for<T>(&mut self, what: &str, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            let look_again = Instant::now() + BETWEEN_LOOKS;
            while let Some(left) = look_again.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
                match &mut self.control {
                    Control::Chromium(chromium) => drop(chromium.next_message(left, &mut self.traffic)),
                    Control::WebDriver(_) => thread::sleep(left),
                }
            }
        }
    }

    /// Waits until a JavaScript expression is true.
    pub(crate) fn wait_until(&mut self, what: &str, expression: &str) {
        self.wait_for(what, |browser| (browser.evaluate(expression) == true).then_some(()));
    }

    /// Goes to an address and waits until the document is there; what it starts may still be on its way.
    pub(crate) fn go(&mut self, address: &str) {
        if let Control::WebDriver(driver) = &self.control {
            return driver.go(address);
        }
        let result = self.call("Page.navigate", json!({"url": address}));
        assert!(result["errorText"].is_null(), "{address}: {}", result["errorText"]);
        self.wait_until("the document", "document.readyState !== 'loading' && location.href !== 'about:blank'");
        let status = self.traffic.to(address).last().and_then(|document| document.status);
        assert!(status.is_none_or(|status| status < 400), "{address}: {status:?}");
    }

    /// As [`Self::wait_until`], while one page goes and another comes: WebKit's driver loses what is asked then.
    pub(crate) fn wait_for_the_next_page(&mut self, what: &str, expression: &str) {
        self.wait_for(what, |browser| match &browser.control {
            Control::WebDriver(driver) => (driver.try_to_evaluate(expression)? == true).then_some(()),
            Control::Chromium(_) => (browser.try_to_evaluate(expression)? == true).then_some(()),
        });
    }

    /// Fails if the page or the browser found anything wrong that is not `expected` (parts of messages).
    pub(crate) fn assert_no_complaints(&mut self, expected: &[&str]) {
        self.evaluate("0"); // What was said before this has then arrived.
        if let Control::WebDriver(driver) = &self.control {
            self.traffic.complaints = driver.complaints();
        }
        let complaints: Vec<&String> =
            self.traffic.complaints.iter().filter(|text| !expected.iter().any(|part| text.contains(part))).collect();
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
    }

    /// The folder to which it saves, without asking.
    pub(crate) fn downloads(&mut self) -> PathBuf {
        let folder = webdriver::downloads(&self.profile());
        if matches!(self.control, Control::Chromium(_)) {
            self.call("Browser.setDownloadBehavior", json!({"behavior": "allow", "downloadPath": folder}));
        }
        folder
    }

    /// Ends it, and gives every address and name that its own log says it asked the network for. WebKit keeps no log.
    pub(crate) fn close(mut self) -> Option<Vec<String>> {
        let profile = self.profile();
        match &mut self.control {
            Control::Chromium(chromium) => Some(chromium.close(&profile)),
            Control::WebDriver(_) if self.edition == Edition::WebKit => None,
            Control::WebDriver(_) => Some(WebDriver::fetched(&profile)),
        }
    }

    /// How many connections this test has opened in order to drive it.
    pub(crate) fn driver_connections(&self) -> u64 {
        match &self.control {
            Control::Chromium(_) => 0,
            Control::WebDriver(driver) => driver.asked(),
        }
    }

    /// What remains on the disk of the phone.
    pub(crate) fn profile(&self) -> PathBuf {
        self.profile.as_ref().expect("it has a profile").path().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the browser said: {:#?}", self.traffic.complaints);
        }
    }
}
