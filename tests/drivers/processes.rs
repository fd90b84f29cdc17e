//! Processes that tests start: this workspace's programs, which lie beside the test's executable, and third-party ones.

use std::{
    env, fs,
    io::Read,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use crate::drivers::browser::PATIENCE;

/// A first `make run` builds everything.
const LONGEST_BUILD: Duration = Duration::from_hours(1);

/// Returns a program of this workspace that `scripts/test.sh` has built.
pub(crate) fn workspace_program(name: &str) -> PathBuf {
    let test = env::current_exe().expect("this test has a path");
    let folder = test.ancestors().nth(2).expect("tests are built into target/PROFILE/deps");
    let program = folder.join(name);
    assert!(program.is_file(), "{} is missing. Run: cargo build --workspace, or scripts/test.sh", program.display());
    program
}

/// Returns a program or folder that a variable of `scripts/env.sh` names.
pub(crate) fn required_path(variable: &str) -> PathBuf {
    let path = PathBuf::from(env::var_os(variable).unwrap_or_default());
    assert!(path.exists(), "{variable} names nothing that is there ({}). Run: scripts/test.sh", path.display());
    path
}

/// Returns the folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    let test = env::current_exe().expect("this test has a path");
    test.ancestors().nth(3).expect("tests are built into target/PROFILE/deps").to_owned()
}

/// Runs a program that must succeed, and returns its output.
pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Kills a program and those that it started.
pub(crate) fn kill_group(child: &mut Child) {
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    let _ = child.wait();
}

/// Calls `look` again and again until it returns something; fails when `PATIENCE` ends. An open Chromium starts no worker in
/// the meantime, since its driver does not answer: [`crate::drivers::browser::Browser::wait_for`] waits beside one.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    wait_until(Instant::now() + PATIENCE, what, &mut look)
}

fn wait_until<T>(deadline: Instant, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(30));
    }
}

/// A program that runs until this value is dropped, with everything that it writes.
pub(crate) struct BackgroundProcess {
    child: Child,
    said: Arc<Mutex<Vec<u8>>>,
}

impl BackgroundProcess {
    /// Starts a program in a process group of its own.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::spawn(command.stdin(Stdio::null()))
    }

    /// Starts a program and returns its standard input.
    pub(crate) fn start_with_input(command: &mut Command) -> (Self, ChildStdin) {
        let mut service = Self::spawn(command.stdin(Stdio::piped()));
        let input = service.child.stdin.take().expect("it was piped");
        (service, input)
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let said = Arc::new(Mutex::new(Vec::new()));
        listen(child.stdout.take().expect("it was piped"), &said);
        listen(child.stderr.take().expect("it was piped"), &said);
        Self { child, said }
    }

    /// Sends SIGTERM, as a service manager does, and returns the output.
    pub(crate) fn stop(mut self) -> Vec<u8> {
        let _ = Command::new("kill").args(["-TERM", "--", &format!("-{}", self.child.id())]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
        self.output()
    }

    /// Waits until the program ends; it must succeed.
    pub(crate) fn wait_for_success(&mut self) {
        let status = self.child.wait().expect("a child can be waited for");
        assert!(status.success(), "{status}:\n{}", String::from_utf8_lossy(&self.output()));
    }

    /// Returns the process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns what it has written so far to both standard output and standard error.
    pub(crate) fn output(&self) -> Vec<u8> {
        self.said.lock().expect("listeners do not panic").clone()
    }

    /// Counts its open sockets, including listeners.
    pub(crate) fn open_sockets(&self) -> usize {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.child.id())).into_iter().flatten().map_while(Result::ok);
        let is_socket = |path: PathBuf| fs::read_link(path).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"));
        descriptors.filter(|descriptor| is_socket(descriptor.path())).count()
    }

    /// Returns its resident memory.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
    }

    /// Waits for a line that begins with `start`, and returns the rest of the line.
    pub(crate) fn wait_for_line(&mut self, start: &str) -> String {
        self.wait_for_line_until(start, Instant::now() + PATIENCE)
    }

    /// Waits for a line of a program that is built before it starts.
    pub(crate) fn wait_for_line_of_a_build(&mut self, start: &str) -> String {
        self.wait_for_line_until(start, Instant::now() + LONGEST_BUILD)
    }

    fn wait_for_line_until(&mut self, start: &str, deadline: Instant) -> String {
        wait_until(deadline, &format!("a line that begins with {start:?}"), || {
            let said = String::from_utf8_lossy(&self.output()).into_owned();
            if let Some(rest) = said.lines().find_map(|line| line.strip_prefix(start)) {
                return Some(rest.trim().to_owned());
            }
            let ended = self.child.try_wait().expect("a child can be asked");
            assert!(ended.is_none(), "it has ended ({ended:?}) and said:\n{said}");
            None
        })
    }
}

impl Drop for BackgroundProcess {
    fn drop(&mut self) {
        kill_group(&mut self.child);
        if thread::panicking() {
            eprintln!("a program said:\n{}", String::from_utf8_lossy(&self.output()));
        }
    }
}

fn listen(stream: impl Read + Send + 'static, said: &Arc<Mutex<Vec<u8>>>) {
    let said = Arc::clone(said);
    thread::spawn(move || {
        // A prompt at a terminal has no end of line, so the output is read in pieces and not line by line.
        let (mut stream, mut piece) = (stream, [0; 4096]);
        while let Ok(read @ 1..) = stream.read(&mut piece) {
            said.lock().expect("listeners do not panic").extend_from_slice(&piece[..read]);
        }
    });
}

/// Lists the files of a folder, sorted by name.
pub(crate) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder can be listed").path()).collect();
    files.sort();
    files
}

/// Returns a program with the test roots compiled in (`scripts/build-rooted.sh`).
pub(crate) fn program_with_test_roots(name: &str) -> PathBuf {
    let program = required_path("AMANAT_ROOTED_BIN").join(name);
    assert!(program.is_file(), "{} is missing. Run: scripts/build-rooted.sh, or scripts/test.sh", program.display());
    program
}

/// Returns the date this many days from today, in ISO 8601.
pub(crate) fn today(days_ahead: i32) -> String {
    let day = run(Command::new("date").args(["-u", "-d", &format!("{days_ahead} days"), "+%F"]));
    String::from_utf8(day).expect("date prints text").trim().to_owned()
}

/// Returns a port that nobody listens on at present. Reviewers' keys are bound to an origin, which must be known before the
/// server starts.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("this machine has a loopback");
    listener.local_addr().expect("it is bound").port()
}
