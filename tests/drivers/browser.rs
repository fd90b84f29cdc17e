//! `Browser` drives Chromium over its own protocol (`devtools`), and Firefox and WebKit through their drivers (`webdriver`).
//!
//! `input` works in all of them. Only Chromium reports what it fetches (`traffic`) and lets a test intercept it
//! (`interception`); for the others, the fault proxy records what was sent.

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

/// A condition that does not come true within this time fails the test. It is generous, since a machine with two cores runs
/// several browsers.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);
const BETWEEN_LOOKS: Duration = Duration::from_millis(30);
/// A navigation ends within this time, also where the next document is an error page.
const NAVIGATION: Duration = Duration::from_secs(3);

/// The browsers that the form promises to run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edition {
    /// The Chromium that is installed.
    Current,
    /// Chromium 92 does not know `wasm-unsafe-eval` and has the WebAssembly of phones of 2021.
    Of2021,
    /// Chromium 80 is the oldest browser that the form promises to run in.
    Of2020,
    /// Firefox ESR.
    Firefox,
    /// `WebKitGTK`'s `MiniBrowser` has the engine of an iPhone.
    WebKit,
}

enum Control {
    Chromium(DevTools),
    WebDriver(WebDriver),
}

/// A browser with a fresh profile that shows one page at the size of a cheap phone.
pub(crate) struct Browser {
    control: Control,
    /// The requests (Chromium only) and the errors that the browser reported.
    pub(crate) traffic: Traffic,
    edition: Edition,
    /// Whether `activate` touches elements, too, which takes longer than a click by script.
    pub(crate) uses_fingers: bool,
    /// `None` only while the profile is handed on.
    profile: Option<TempDir>,
}

impl Browser {
    pub(crate) fn open(edition: Edition) -> Self {
        Self::start(edition, tempfile::tempdir().expect("a folder for the browser's profile"))
    }

    /// Kills the browser, as an empty battery does, and starts it again with what is on the disk.
    pub(crate) fn kill_and_restart(&mut self) {
        self.chromium().end();
        let profile = self.profile.take().expect("it has a profile");
        *self = Self::start(self.edition, profile);
    }

    /// Kills the tab's process, as a phone does that needs the memory, and reloads the page, as the phone does when the person
    /// comes back.
    pub(crate) fn kill_tab(&mut self) {
        let crashes = self.traffic.crashes;
        let tab = self.chromium().session();
        // A killed tab does not answer, so nothing is awaited.
        self.chromium().send_to(tab, "Page.crash", &json!({}));
        self.wait_for("the tab to be gone", |browser| (browser.traffic.crashes > crashes).then_some(()));
        // The new process does not know that this driver listens to its workers.
        self.listen_to_workers();
        self.call("Page.reload", json!({}));
        self.wait_for_the_next_page("the document", "document.readyState === 'complete'");
    }

    /// Opens a Firefox that sends `https` requests through this proxy and accepts any certificate.
    pub(crate) fn firefox_with_proxy(ssl_proxy: &str) -> Self {
        let profile = tempfile::tempdir().expect("a folder for the browser's profile");
        let control = Control::WebDriver(WebDriver::firefox(profile.path(), Some(ssl_proxy)));
        Self { control, traffic: Traffic::default(), edition: Edition::Firefox, uses_fingers: false, profile: Some(profile) }
    }

    /// Quits the browser as a person does, and returns its profile without the logs that the tests asked for.
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

    /// Evaluates an expression and awaits its promise.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        if let Control::WebDriver(driver) = &self.control {
            return driver.evaluate(expression);
        }
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let result = self.call("Runtime.evaluate", params);
        assert!(result["exceptionDetails"].is_null(), "{expression}\n{}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// Evaluates an expression in Chromium; `None` if the page goes away in the meantime.
    fn try_to_evaluate(&mut self, expression: &str) -> Option<Value> {
        let Self { control: Control::Chromium(chromium), traffic, .. } = self else { panic!("the drivers have their own") };
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let result = chromium.try_to_call(chromium.session(), "Runtime.evaluate", &params, traffic).ok()?;
        result["exceptionDetails"].is_null().then(|| result["result"]["value"].clone())
    }

    /// Calls `look` again and again until it returns something; fails when `PATIENCE` ends.
    pub(crate) fn wait_for<T>(&mut self, what: &str, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            self.pause(BETWEEN_LOOKS);
        }
    }

    /// Lets time pass in which Chromium's workers may start. A test calls this only where no event can be awaited, and says why.
    pub(crate) fn pause(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            match &mut self.control {
                Control::Chromium(chromium) => drop(chromium.next_message(left, &mut self.traffic)),
                Control::WebDriver(_) => thread::sleep(left),
            }
        }
    }

    /// Waits until `look` returns the same value twice, `apart` from each other. Where nothing announces the last change, such a
    /// value counts as final.
    pub(crate) fn wait_until_unchanged<T: PartialEq>(
        &mut self,
        what: &str,
        apart: Duration,
        mut look: impl FnMut(&mut Self) -> Option<T>,
    ) -> T {
        self.wait_for(what, |browser| {
            let first = look(browser)?;
            browser.pause(apart);
            look(browser).filter(|second| *second == first)
        })
    }

    pub(crate) fn wait_until(&mut self, what: &str, expression: &str) {
        self.wait_for(what, |browser| (browser.evaluate(expression) == true).then_some(()));
    }

    /// Opens an address and waits for the document; what the document loads may still be on its way.
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

    /// Waits as [`Self::wait_until`] does, across a navigation, during which WebKit's driver loses questions.
    pub(crate) fn wait_for_the_next_page(&mut self, what: &str, expression: &str) {
        self.wait_for(what, |browser| match &browser.control {
            Control::WebDriver(driver) => (driver.try_to_evaluate(expression)? == true).then_some(()),
            Control::Chromium(_) => (browser.try_to_evaluate(expression)? == true).then_some(()),
        });
    }

    /// Does something that replaces the document, and waits until the next document is shown; an error page is one, too.
    pub(crate) fn wait_for_new_document(&mut self, what: &str, act: impl FnOnce(&mut Self)) {
        let origin = self.evaluate("String(performance.timeOrigin)");
        act(self);
        if self.edition == Edition::WebKit {
            // Its driver may lose a question during the navigation, so nothing can be awaited.
            return self.pause(NAVIGATION);
        }
        let is_new = format!("String(performance.timeOrigin) !== {origin} && document.readyState === 'complete'");
        self.wait_for_the_next_page(what, &is_new);
    }

    /// Fails if the page or the browser reported an error that contains none of the `expected` texts.
    pub(crate) fn assert_no_complaints(&mut self, expected: &[&str]) {
        self.evaluate("0"); // An error that was reported before this has arrived by now.
        if let Control::WebDriver(driver) = &self.control {
            self.traffic.complaints = driver.complaints();
        }
        let complaints: Vec<&String> =
            self.traffic.complaints.iter().filter(|text| !expected.iter().any(|part| text.contains(part))).collect();
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
    }

    /// Returns the folder to which the browser saves without asking.
    pub(crate) fn downloads(&mut self) -> PathBuf {
        let folder = webdriver::downloads(&self.profile());
        if matches!(self.control, Control::Chromium(_)) {
            self.call("Browser.setDownloadBehavior", json!({"behavior": "allow", "downloadPath": folder}));
        }
        folder
    }

    /// Quits the browser and returns every address and host name that its own log says it asked the network for. WebKit keeps
    /// no log.
    pub(crate) fn close(mut self) -> Option<Vec<String>> {
        let profile = self.profile();
        match &mut self.control {
            Control::Chromium(chromium) => Some(chromium.close(&profile)),
            Control::WebDriver(_) if self.edition == Edition::WebKit => None,
            Control::WebDriver(_) => Some(WebDriver::fetched(&profile)),
        }
    }

    /// Counts the connections that the test has opened to drive the browser.
    pub(crate) fn driver_connections(&self) -> u64 {
        match &self.control {
            Control::Chromium(_) => 0,
            Control::WebDriver(driver) => driver.asked(),
        }
    }

    /// Returns the profile's folder, which is what remains on the phone's disk.
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
