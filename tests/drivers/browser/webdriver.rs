//! `WebDriver` drives Firefox and WebKit through their makers' drivers, with the few commands that input needs.
//!
//! Text is typed as keys, and an element is clicked where it is visible. A driver does not report what its browser fetches; the
//! fault proxy shows that nothing is sent too early.

use std::{
    cell::Cell,
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::drivers::{
    http::request,
    processes::{BackgroundProcess, files_in, free_port, kill_group, required_path, wait_for},
};

/// Firefox logs what it fetches here, beside its profile.
pub(super) const NETWORK_LOG: &str = "network";
/// The protocol's key for an element (WebDriver, section 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// This script records errors in a page, of which neither driver reports all.
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
    driver: BackgroundProcess,
    session: String,
    asked: Cell<u64>,
    /// The display, which must outlive the browser.
    _display: Option<Display>,
}

impl WebDriver {
    /// Starts a Firefox without a window, at least 500 points wide. With a proxy for `https`, it accepts any certificate.
    pub(super) fn firefox(profile: &Path, ssl_proxy: Option<&str>) -> Self {
        let port = free_port();
        let mut driver = Command::new(required_path("AMANAT_GECKODRIVER"));
        driver.args(["--port", &port.to_string(), "--websocket-port", "0", "--binary"]).arg(required_path("AMANAT_FIREFOX"));
        // Firefox reads the setting below, which stops its own requests to its maker, only with this variable.
        driver.env("MOZ_REMOTE_SETTINGS_DEVTOOLS", "1");
        driver.env("MOZ_LOG", "sync,nsHttp:5").env("MOZ_LOG_FILE", profile.join(NETWORK_LOG));
        // Firefox saves its session every 15 seconds while a person is there, and every hour once the last input is older than the
        // idle delay, which is three minutes: on a busy machine a test waits longer for a page.
        let options = json!({
            "args": ["-headless", "-profile", profile],
            "prefs": {
                "browser.sessionstore.idleDelay": 86_400,
                "browser.dom.window.dump.enabled": true, "javascript.options.showInConsole": true,
                "services.settings.server": "data:,",
                "browser.download.folderList": 2, "browser.download.dir": downloads(profile),
            },
        });
        Self::start(&mut driver, port, profile, None, ssl_proxy, ("moz:firefoxOptions", options))
    }

    /// Starts `WebKitGTK`'s `MiniBrowser` on a virtual display, at least 447 points wide.
    pub(super) fn webkit(profile: &Path) -> Self {
        let port = free_port();
        let display = Display::start();
        let mut driver = Command::new(required_path("AMANAT_WEBKITDRIVER"));
        driver.arg(format!("--port={port}")).env("DISPLAY", &display.name).env("GDK_BACKEND", "x11");
        let options = json!({"binary": required_path("AMANAT_MINIBROWSER"), "args": ["--automation"]});
        let folders = format!("XDG_DOWNLOAD_DIR=\"{}\"\n", downloads(profile).display());
        fs::write(profile.join("user-dirs.dirs"), folders).expect("the folder is ours");
        Self::start(&mut driver, port, profile, Some(display), None, ("webkitgtk:browserOptions", options))
    }

    fn start(
        driver: &mut Command,
        port: u16,
        home: &Path,
        display: Option<Display>,
        ssl_proxy: Option<&str>,
        options: (&str, Value),
    ) -> Self {
        for variable in ["HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
            driver.env(variable, home);
        }
        let driver = BackgroundProcess::start(driver);
        let address = (Ipv4Addr::LOCALHOST, port);
        wait_for("the driver to listen", || TcpStream::connect(address).ok());
        // Without a proxy of the test's, every `https` request of the page and of the browser itself fails.
        let proxy = json!({"proxyType": "manual", "sslProxy": ssl_proxy.unwrap_or("127.0.0.1:9")});
        let (name, options) = options;
        let wanted = json!({
            name: options, "pageLoadStrategy": "normal", "unhandledPromptBehavior": "accept", "proxy": proxy,
            "acceptInsecureCerts": ssl_proxy.is_some(),
        });
        let session = format!("http://127.0.0.1:{port}/session");
        let mut started = Self { driver, session, asked: Cell::new(0), _display: display };
        let session = started.post("", &json!({"capabilities": {"alwaysMatch": wanted}}));
        started.session += "/";
        started.session += session["sessionId"].as_str().expect("a session has a name");
        started.post("/window/rect", &json!({"width": 360, "height": 740}));
        started
    }

    /// Quits the browser as a person does, so that it writes what it keeps.
    pub(super) fn quit(&self) {
        self.ask("DELETE", "", b"");
    }

    fn post(&self, command: &str, parameters: &Value) -> Value {
        self.ask("POST", command, parameters.to_string().as_bytes())
    }

    fn ask(&self, method: &str, command: &str, body: &[u8]) -> Value {
        self.try_to_ask(method, command, body).unwrap_or_else(|why| panic!("{command} {}: {why}", String::from_utf8_lossy(body)))
    }

    fn try_to_ask(&self, method: &str, command: &str, body: &[u8]) -> Result<Value, String> {
        let json = [("Content-Type", "application/json; charset=utf-8")];
        self.asked.set(self.asked.get() + 1);
        let answer = request(method, &format!("{}{command}", self.session), &json, body);
        let said: Value = serde_json::from_slice(&answer.body).expect("a driver answers in JSON");
        let value = &said["value"];
        if answer.status == 200 { Ok(value.clone()) } else { Err(format!("{} {}", value["error"], value["message"])) }
    }

    /// Evaluates an expression and awaits its promise.
    pub(super) fn evaluate(&self, expression: &str) -> Value {
        self.post("/execute/sync", &script(expression))
    }

    /// Evaluates an expression; `None` if the page goes away in the meantime.
    pub(super) fn try_to_evaluate(&self, expression: &str) -> Option<Value> {
        self.try_to_ask("POST", "/execute/sync", script(expression).to_string().as_bytes()).ok()
    }

    /// Opens an address, waits for the document and listens to it. The driver waits, since WebKit loses a question that is
    /// asked during a navigation.
    pub(super) fn go(&self, address: &str) {
        self.post("/url", &json!({"url": address}));
        self.evaluate(LISTEN);
    }

    pub(super) fn click(&self, element: &str) {
        let element = self.find(element);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Sends keys to an element; a file input takes paths, one per line.
    pub(super) fn send_keys(&self, element: &str, keys: &str) {
        let element = self.find(element);
        self.post(&format!("/element/{element}/value"), &json!({"text": keys}));
    }

    fn find(&self, element: &str) -> String {
        let found = self.evaluate(element);
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("there is no {element}")).to_owned()
    }

    /// Returns a PNG in base64.
    pub(super) fn screenshot(&self) -> Value {
        self.ask("GET", "/screenshot", &[])
    }

    /// Returns every address that Firefox has asked for so far, from the logs of all its processes.
    pub(super) fn fetched(profile: &Path) -> Vec<String> {
        let logs = files_in(profile)
            .into_iter()
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(NETWORK_LOG)));
        let mut logs = logs.peekable();
        assert!(logs.peek().is_some(), "Firefox writes no log");
        let text: String =
            logs.map(|log| String::from_utf8_lossy(&fs::read(log).expect("a log can be read")).into_owned()).collect();
        let addresses = text.split_whitespace().filter_map(|word| word.strip_prefix("uri="));
        addresses.map(|address| address.trim_end_matches([']', ',']).to_owned()).collect()
    }

    /// Counts the commands, each of which opened a connection.
    pub(super) fn asked(&self) -> u64 {
        self.asked.get()
    }

    /// Returns the page as a PDF in base64. WebKit's driver has no such command.
    pub(super) fn print(&self) -> Value {
        self.post("/print", &json!({}))
    }

    /// Presses the browser's back button.
    pub(super) fn back(&self) {
        self.post("/back", &json!({}));
    }

    /// Returns the errors in the page since it was opened, and those that Firefox reports about scripts in the page and its
    /// workers.
    pub(super) fn complaints(&self) -> Vec<String> {
        let said = self.evaluate("window.complaints");
        let mut complaints: Vec<String> =
            said.as_array().expect("the page is listened to").iter().map(ToString::to_string).collect();
        let driver = self.driver.output();
        let of_page = |line: &&str| line.starts_with("JavaScript error: http");
        complaints.extend(String::from_utf8_lossy(&driver).lines().filter(of_page).map(str::to_owned));
        complaints
    }
}

fn script(expression: &str) -> Value {
    json!({"script": format!("return (\n{expression}\n);"), "args": []})
}

/// Returns the folder to which these browsers save.
pub(super) fn downloads(profile: &Path) -> PathBuf {
    let folder = profile.join("saved");
    fs::create_dir_all(&folder).expect("the folder is ours");
    folder
}

/// A virtual display.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn start() -> Self {
        let mut server = Command::new(required_path("AMANAT_XVFB"));
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
        kill_group(&mut self.server);
    }
}
