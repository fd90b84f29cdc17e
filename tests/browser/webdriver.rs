//! Firefox and WebKit, through the drivers that their makers ship: W3C WebDriver, as little of it as a person's hands need.
//!
//! What is typed comes as keys, what is touched is clicked where it can be seen. What these browsers fetch a driver does
//! not tell: that nothing is sent too early is seen on the wire.

use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpStream},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    http::request,
    programs::{Service, end_group, real_thing, wait_for},
    world::free_port,
};

/// What an element is called in this protocol (WebDriver, section 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Notes what goes wrong in a page. Neither driver tells all of it.
const LISTEN: &str = "(() => {
    const complaints = window.complaints = [];
    addEventListener('error', event => complaints.push(`exception: ${event.message ?? event.target.outerHTML}`), true);
    addEventListener('unhandledrejection', event => complaints.push(`exception: ${event.reason}`));
    addEventListener('securitypolicyviolation', event => complaints.push(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    const error = console.error;
    console.error = (...said) => { complaints.push(`console: ${said.join(' ')}`); error.apply(console, said); };
})()";

/// A session with a driver.
pub(super) struct WebDriver {
    driver: Service,
    session: String,
    /// Ends after what is shown on it.
    _display: Option<Display>,
}

impl WebDriver {
    /// A Firefox without a window. The narrowest that it becomes is 500 points.
    pub(super) fn firefox(profile: &Path) -> Self {
        let port = free_port();
        let mut driver = Command::new(real_thing("AMANAT_GECKODRIVER"));
        driver.args(["--port", &port.to_string(), "--websocket-port", "0", "--binary"]).arg(real_thing("AMANAT_FIREFOX"));
        let options = json!({
            "args": ["-headless", "-profile", profile],
            "prefs": {"browser.dom.window.dump.enabled": true, "javascript.options.showInConsole": true},
        });
        Self::start(&mut driver, port, profile, None, ("moz:firefoxOptions", options))
    }

    /// The small browser that GTK's WebKit brings, on a display that nobody sees. The narrowest that it becomes is 447 points.
    pub(super) fn webkit(profile: &Path) -> Self {
        let port = free_port();
        let display = Display::start();
        let mut driver = Command::new(real_thing("AMANAT_WEBKITDRIVER"));
        driver.arg(format!("--port={port}")).env("DISPLAY", &display.name).env("GDK_BACKEND", "x11");
        let options = json!({"binary": real_thing("AMANAT_MINIBROWSER"), "args": ["--automation"]});
        Self::start(&mut driver, port, profile, Some(display), ("webkitgtk:browserOptions", options))
    }

    fn start(driver: &mut Command, port: u16, home: &Path, display: Option<Display>, options: (&str, Value)) -> Self {
        for variable in ["HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
            driver.env(variable, home);
        }
        let driver = Service::start(driver);
        let address = (Ipv4Addr::LOCALHOST, port);
        wait_for("the driver to listen", || TcpStream::connect(address).ok());
        // Where the exit leads, and whatever a browser would tell its maker, is not there.
        let nowhere = json!({"proxyType": "manual", "sslProxy": "127.0.0.1:9"});
        let (name, options) = options;
        let wanted = json!({
            name: options, "pageLoadStrategy": "normal", "unhandledPromptBehavior": "accept", "proxy": nowhere,
        });
        let mut started = Self { driver, session: format!("http://127.0.0.1:{port}/session"), _display: display };
        let session = started.post("", &json!({"capabilities": {"alwaysMatch": wanted}}));
        started.session += "/";
        started.session += session["sessionId"].as_str().expect("a session has a name");
        started.post("/window/rect", &json!({"width": 360, "height": 740}));
        started
    }

    fn post(&self, command: &str, parameters: &Value) -> Value {
        self.ask("POST", command, parameters.to_string().as_bytes())
    }

    fn ask(&self, method: &str, command: &str, body: &[u8]) -> Value {
        let json = [("Content-Type", "application/json; charset=utf-8")];
        let answer = request(method, &format!("{}{command}", self.session), &json, body);
        let said: Value = serde_json::from_slice(&answer.body).expect("a driver answers in JSON");
        let value = &said["value"];
        assert!(answer.status == 200, "{command} {}: {} {}", String::from_utf8_lossy(body), value["error"], value["message"]);
        value.clone()
    }

    /// The value of an expression, once its promise is kept.
    pub(super) fn evaluate(&self, expression: &str) -> Value {
        self.post("/execute/sync", &json!({"script": format!("return (\n{expression}\n);"), "args": []}))
    }

    /// Goes to an address, waits until the document is there, and listens to it. It is the driver that waits: WebKit loses
    /// a question that is asked while one page goes and the next comes.
    pub(super) fn go(&self, address: &str) {
        self.post("/url", &json!({"url": address}));
        self.evaluate(LISTEN);
    }

    /// Touches an element.
    pub(super) fn click(&self, element: &str) {
        let element = self.find(element);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Presses keys in an element; a field for files takes paths, one a line.
    pub(super) fn send_keys(&self, element: &str, keys: &str) {
        let element = self.find(element);
        self.post(&format!("/element/{element}/value"), &json!({"text": keys}));
    }

    fn find(&self, element: &str) -> String {
        let found = self.evaluate(element);
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("there is no {element}")).to_owned()
    }

    /// A PNG in base64.
    pub(super) fn screenshot(&self) -> Value {
        self.ask("GET", "/screenshot", &[])
    }

    /// The button of the phone.
    pub(super) fn back(&self) {
        self.post("/back", &json!({}));
    }

    /// What the page said since it was opened, and what Firefox says about scripts, in the page and its workers.
    pub(super) fn complaints(&self) -> Vec<String> {
        let said = self.evaluate("window.complaints");
        let mut complaints: Vec<String> =
            said.as_array().expect("the page is listened to").iter().map(ToString::to_string).collect();
        let driver = self.driver.said();
        let of_page = |line: &&str| line.starts_with("JavaScript error: http");
        complaints.extend(String::from_utf8_lossy(&driver).lines().filter(of_page).map(str::to_owned));
        complaints
    }
}

/// A display in memory.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn start() -> Self {
        let mut server = Command::new(real_thing("AMANAT_XVFB"));
        server.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "800x1000x24"]);
        server.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut server = server.spawn().expect("the display starts");
        let mut number = String::new();
        BufReader::new(server.stdout.take().expect("it was piped")).read_line(&mut number).expect("it tells its number");
        Self { server, name: format!(":{}", number.trim()) }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        end_group(&mut self.server);
    }
}
