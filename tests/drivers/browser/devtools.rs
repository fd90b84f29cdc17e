//! `DevTools` speaks the part of Chromium's protocol that a version of 2020 and today's have in common, untyped.
//!
//! The protocol runs over a pipe, so that no port is opened and the browser ends when this process does.

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{Browser, Control, Edition, PATIENCE, interception::Interception, traffic::Traffic, workers::Workers};
use crate::drivers::processes::{kill_group, wait_for};

/// Chromium logs here, in its profile, what it asks the network for. The log is whole once the browser has quit by itself.
const NETWORK_LOG: &str = "network.json";

/// A running Chromium and its one page.
pub(super) struct DevTools {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    last_id: u64,
    session: Option<String>,
    pub(super) interception: Interception,
    pub(super) workers: Workers,
}

impl DevTools {
    /// Starts a Chromium with this profile. The old versions bring their libraries and were built to run as one process.
    pub(super) fn start(program: PathBuf, libraries: Option<OsString>, profile: &Path) -> Self {
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
        command.arg(format!("--user-data-dir={}", profile.display()));
        command.arg(format!("--log-net-log={}", profile.join(NETWORK_LOG).display()));
        if let Some(libraries) = libraries {
            command.args(["--single-process", "--no-zygote"]).env("LD_LIBRARY_PATH", libraries);
        }
        command.arg("about:blank").env("HOME", profile).process_group(0);
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
        Self {
            child,
            input,
            messages,
            last_id: 0,
            session: None,
            interception: Interception::default(),
            workers: Workers::default(),
        }
    }

    /// Calls a method of the protocol and waits for its result.
    pub(super) fn call(&mut self, method: &str, params: &Value, traffic: &mut Traffic) -> Value {
        self.call_of(self.session.clone(), method, params, traffic)
    }

    pub(super) fn session(&self) -> Option<String> {
        self.session.clone()
    }

    /// Calls a method in the session of a worker.
    pub(super) fn call_of(&mut self, session: Option<String>, method: &str, params: &Value, traffic: &mut Traffic) -> Value {
        self.try_to_call(session, method, params, traffic).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Calls a method; an error is returned, since the page may go away in the meantime.
    pub(super) fn try_to_call(
        &mut self,
        session: Option<String>,
        method: &str,
        params: &Value,
        traffic: &mut Traffic,
    ) -> Result<Value, Value> {
        let id = self.send_to(session, method, params);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let message = self
                .next_message(deadline.saturating_duration_since(Instant::now()), traffic)
                .unwrap_or_else(|| panic!("the browser does not answer {method}"));
            if message["id"] == id {
                let error = &message["error"];
                return if error.is_null() { Ok(message["result"].clone()) } else { Err(error.clone()) };
            }
        }
    }

    /// Quits the browser and returns the addresses and host names in its log, which includes its own requests.
    pub(super) fn close(&mut self, profile: &Path) -> Vec<String> {
        self.send("Browser.close", &json!({}));
        let log =
            wait_for("its log to be whole", || serde_json::from_slice::<Value>(&fs::read(profile.join(NETWORK_LOG)).ok()?).ok());
        let events = log["events"].as_array().expect("a log has events");
        let named = |event: &Value| ["url", "host"].iter().find_map(|key| event["params"][key].as_str()).map(str::to_owned);
        events.iter().filter_map(named).collect()
    }

    /// Kills the browser. Old versions hang when they are asked to quit, and nothing in the profile is needed any more.
    pub(super) fn end(&mut self) {
        kill_group(&mut self.child);
    }

    fn send(&mut self, method: &str, params: &Value) -> u64 {
        self.send_to(self.session.clone(), method, params)
    }

    pub(super) fn send_to(&mut self, session: Option<String>, method: &str, params: &Value) -> u64 {
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

    /// Returns the next message; an event has been handled by then.
    pub(super) fn next_message(&mut self, wait: Duration, traffic: &mut Traffic) -> Option<Value> {
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
                    self.listen_to_worker(params["sessionId"].as_str().map(str::to_owned));
                }
                "Page.javascriptDialogOpening" => {
                    traffic.dialogs += 1;
                    self.send("Page.handleJavaScriptDialog", &json!({"accept": true}));
                }
                _ => traffic.note(event, params),
            }
        }
        Some(message)
    }
}

impl Drop for DevTools {
    fn drop(&mut self) {
        self.end();
    }
}

impl Browser {
    pub(super) fn emulate_phone(&mut self) {
        let agent = self.call("Browser.getVersion", json!({}))["userAgent"].as_str().expect("it has a name").to_owned();
        let version = agent.split("Chrome/").nth(1).and_then(|rest| rest.split(' ').next()).expect("it is a Chrome");
        let agent = format!(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Mobile Safari/537.36"
        );
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = self.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        self.chromium().session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log", "DOM", "Inspector"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
        if self.edition != Edition::Of2020 {
            self.call("Audits.enable", json!({})); // Chromium 80 reports the same in its log.
        }
        self.listen_to_workers();
        self.call("Network.setUserAgentOverride", json!({"userAgent": agent}));
        let (width, height) = (360, 740);
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 2, "mobile": true}),
        );
        self.call("Emulation.setTouchEmulationEnabled", json!({"enabled": true}));
    }

    /// Makes new workers wait until this driver listens to them.
    pub(super) fn listen_to_workers(&mut self) {
        self.call("Target.setAutoAttach", json!({"autoAttach": false, "waitForDebuggerOnStart": false, "flatten": true}));
        self.call("Target.setAutoAttach", json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true}));
    }

    /// Calls a method of Chromium's protocol and waits for its result.
    #[expect(clippy::needless_pass_by_value, reason = "parameters are written where they are given")]
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        let Self { control: Control::Chromium(chromium), traffic, .. } = self else { panic!("{method} is for Chromium only") };
        chromium.call(method, &params, traffic)
    }

    pub(super) fn chromium(&mut self) -> &mut DevTools {
        let Control::Chromium(chromium) = &mut self.control else { panic!("only a Chromium can do that") };
        chromium
    }
}

/// Parses a message. A body that is not text contains lone surrogates, which JSON does not allow; they become U+FFFD.
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
