//! A real Chromium, over its `DevTools` protocol: enough of it, untyped, for a version of 2021 and today's alike.
//!
//! The protocol runs over a pipe, so that no port is opened, and the browser ends when this process does.

mod hands;
mod interception;
mod keyboard;
mod settings;
mod traffic;

use std::{
    env,
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::programs::{end_group, real_thing};
pub(crate) use interception::Document;
use interception::Interception;
pub(crate) use keyboard::Key;
pub(crate) use settings::Screen;
pub(crate) use traffic::Traffic;

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
}

/// One browser with a fresh profile, showing one page at the size of a cheap phone.
pub(crate) struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    last_id: u64,
    session: Option<String>,
    interception: Interception,
    /// What it fetched, and what it complained about.
    pub(crate) traffic: Traffic,
    edition: Edition,
    /// Always there, but while it is handed on.
    profile: Option<TempDir>,
}

impl Browser {
    /// Starts one.
    pub(crate) fn open(edition: Edition) -> Self {
        Self::start(edition, tempfile::tempdir().expect("a folder for the browser's profile"))
    }

    /// Kills it, as an empty battery does, and starts it again with what is on the disk.
    pub(crate) fn kill_and_start_again(&mut self) {
        end_group(&mut self.child);
        let profile = self.profile.take().expect("it has a profile");
        *self = Self::start(self.edition, profile);
    }

    fn start(edition: Edition, profile: TempDir) -> Self {
        let program = match edition {
            Edition::Current => real_thing("AMANAT_CHROMIUM"),
            Edition::Of2021 => real_thing("AMANAT_CHROMIUM_92"),
        };
        // The protocol's pipe is file descriptors 3 and 4, which only a shell can hand down without unsafe code.
        let mut command = Command::new("sh");
        command.args(["-c", r#"exec "$@" 3<&0 4>&1 0</dev/null 1>/dev/null"#, "sh"]).arg(program);
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-breakpad",
            "--disable-dev-shm-usage",
            "--remote-debugging-pipe",
        ]);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        if edition == Edition::Of2021 {
            command.args(["--single-process", "--no-zygote"]);
            command.env("LD_LIBRARY_PATH", env::var_os("AMANAT_CHROMIUM_92_LIBS").unwrap_or_default());
        }
        command.arg("about:blank").env("HOME", profile.path()).process_group(0);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the browser starts");
        let input = child.stdin.take().expect("its input was piped");
        let output = child.stdout.take().expect("its output was piped");
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let message = parse(&message);
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut browser = Self {
            child,
            input,
            messages,
            last_id: 0,
            session: None,
            interception: Interception::default(),
            traffic: Traffic::default(),
            edition,
            profile: Some(profile),
        };
        browser.become_a_phone();
        browser
    }

    fn become_a_phone(&mut self) {
        let agent = self.call("Browser.getVersion", json!({}))["userAgent"].as_str().expect("it has a name").to_owned();
        let version = agent.split("Chrome/").nth(1).and_then(|rest| rest.split(' ').next()).expect("it is a Chrome");
        let agent = format!(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Mobile Safari/537.36"
        );
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = self.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log", "DOM", "Audits"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
        // Workers, too, are listened to from their first moment.
        self.call("Target.setAutoAttach", json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true}));
        self.call("Network.setUserAgentOverride", json!({"userAgent": agent}));
        let (width, height) = (360, 740);
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 2, "mobile": true}),
        );
        self.call("Emulation.setTouchEmulationEnabled", json!({"enabled": true}));
    }

    /// Calls a method of the protocol and waits for its result.
    #[expect(clippy::needless_pass_by_value, reason = "parameters are written where they are given")]
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, &params);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let message = self
                .next_message(deadline.saturating_duration_since(Instant::now()))
                .unwrap_or_else(|| panic!("the browser does not answer {method}"));
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
        }
    }

    fn send(&mut self, method: &str, params: &Value) -> u64 {
        self.send_to(self.session.clone(), method, params)
    }

    fn send_to(&mut self, session: Option<String>, method: &str, params: &Value) -> u64 {
        self.last_id += 1;
        let mut message = json!({"id": self.last_id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.input.write_all(&bytes).unwrap_or_else(|error| panic!("the browser is gone at {method}: {error}"));
        self.last_id
    }

    /// The next message; what is an event has already been noted.
    fn next_message(&mut self, wait: Duration) -> Option<Value> {
        let message = match self.messages.recv_timeout(wait) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => panic!("the browser has ended by itself"),
        };
        if let Some(event) = message["method"].as_str() {
            let params = &message["params"];
            match event {
                "Fetch.requestPaused" => {
                    if let Some((method, params)) = self.interception.decide(params) {
                        self.send(method, &params);
                    }
                }
                "Target.attachedToTarget" if self.session.is_some() => {
                    let worker = params["sessionId"].as_str().map(str::to_owned);
                    for method in ["Network.enable", "Runtime.enable", "Log.enable", "Runtime.runIfWaitingForDebugger"] {
                        self.send_to(worker.clone(), method, &json!({}));
                    }
                }
                "Page.javascriptDialogOpening" => {
                    self.send("Page.handleJavaScriptDialog", &json!({"accept": true}));
                }
                _ => self.traffic.note(event, params),
            }
        }
        Some(message)
    }

    /// The value of an expression, once its promise is kept.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let result = self.call("Runtime.evaluate", params);
        assert!(result["exceptionDetails"].is_null(), "{expression}\n{}", result["exceptionDetails"]);
        result["result"]["value"].clone()
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
                self.next_message(left);
            }
        }
    }

    /// Waits until a JavaScript expression is true.
    pub(crate) fn wait_until(&mut self, what: &str, expression: &str) {
        self.wait_for(what, |browser| (browser.evaluate(expression) == true).then_some(()));
    }

    /// Goes to an address and waits until the document is there; what it starts may still be on its way.
    pub(crate) fn go(&mut self, address: &str) {
        let result = self.call("Page.navigate", json!({"url": address}));
        assert!(result["errorText"].is_null(), "{address}: {}", result["errorText"]);
        self.wait_until("the document", "document.readyState !== 'loading' && location.href !== 'about:blank'");
        let status = self.traffic.to(address).last().and_then(|document| document.status);
        assert!(status.is_none_or(|status| status < 400), "{address}: {status:?}");
    }

    /// Fails if the page or the browser found anything wrong that is not `expected` (parts of messages).
    pub(crate) fn assert_no_complaints(&mut self, expected: &[&str]) {
        self.evaluate("0"); // What was said before this has then arrived.
        let complaints: Vec<&String> =
            self.traffic.complaints.iter().filter(|text| !expected.iter().any(|part| text.contains(part))).collect();
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
    }

    /// What remains on the disk of the phone.
    pub(crate) fn profile(&self) -> PathBuf {
        self.profile.as_ref().expect("it has a profile").path().to_owned()
    }
}

/// A message of the protocol. Bodies that are no text come with halves of surrogate pairs in them, which no JSON text has.
fn parse(message: &[u8]) -> Value {
    serde_json::from_slice(message).unwrap_or_else(|_| {
        let mut message = message.to_vec();
        for at in 0..message.len().saturating_sub(5) {
            if message[at..].starts_with(b"\\ud") || message[at..].starts_with(b"\\uD") {
                message[at..at + 6].copy_from_slice(b"\\ufffd");
            }
        }
        serde_json::from_slice(&message).expect("the protocol speaks JSON")
    })
}

impl Drop for Browser {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the browser said: {:#?}", self.traffic.complaints);
        }
        // Old ones stall at a polite end, and nothing in the profile is worth it.
        end_group(&mut self.child);
    }
}
