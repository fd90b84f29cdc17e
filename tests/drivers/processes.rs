//! The programs that journeys run: ours, beside this test's own executable, and the real things around them.

use std::{
    env, fs,
    io::Read,
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

/// A program of this workspace, built before (`scripts/test.sh` does).
pub(crate) fn workspace_program(name: &str) -> PathBuf {
    let test = env::current_exe().expect("this test has a path");
    let folder = test.ancestors().nth(2).expect("tests are built into target/PROFILE/deps");
    let program = folder.join(name);
    assert!(program.is_file(), "{} is missing. Run: cargo build --workspace, or scripts/test.sh", program.display());
    program
}

/// A program or folder that `scripts/env.sh` names.
pub(crate) fn required_path(variable: &str) -> PathBuf {
    let path = PathBuf::from(env::var_os(variable).unwrap_or_default());
    assert!(path.exists(), "{variable} names nothing that is there ({}). Run: scripts/test.sh", path.display());
    path
}

/// The folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    let test = env::current_exe().expect("this test has a path");
    test.ancestors().nth(3).expect("tests are built into target/PROFILE/deps").to_owned()
}

/// Runs a program to its end, which must be a good one, and gives what it wrote.
pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Ends a program and those it started, without ceremony.
pub(crate) fn kill_group(child: &mut Child) {
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    let _ = child.wait();
}

/// Looks again and again until there is something, and fails when patience ends. Chromium starts no worker meanwhile, since it
/// waits for its driver: where one is open, [`crate::drivers::browser::Browser::wait_for`] waits.
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

/// A program that runs until this is dropped, with all that it says.
pub(crate) struct BackgroundProcess {
    child: Child,
    said: Arc<Mutex<Vec<u8>>>,
}

impl BackgroundProcess {
    /// Starts it, in a process group of its own.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::spawn(command.stdin(Stdio::null()))
    }

    /// The same, with somebody at its keyboard.
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

    /// Ends it as a service manager does, and gives what it said.
    pub(crate) fn stop(mut self) -> Vec<u8> {
        let _ = Command::new("kill").args(["-TERM", "--", &format!("-{}", self.child.id())]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
        self.output()
    }

    /// Waits for its end, which must be a good one.
    pub(crate) fn wait_for_success(&mut self) {
        let status = self.child.wait().expect("a child can be waited for");
        assert!(status.success(), "{status}:\n{}", String::from_utf8_lossy(&self.output()));
    }

    /// The process that it is.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has written to its output and its errors so far.
    pub(crate) fn output(&self) -> Vec<u8> {
        self.said.lock().expect("listeners do not panic").clone()
    }

    /// How many connections it has open, its listeners among them.
    pub(crate) fn open_sockets(&self) -> usize {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.child.id())).into_iter().flatten().map_while(Result::ok);
        let is_socket = |path: PathBuf| fs::read_link(path).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"));
        descriptors.filter(|descriptor| is_socket(descriptor.path())).count()
    }

    /// Memory that it holds at present.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
    }

    /// Waits for a line that begins so, and gives the rest of it.
    pub(crate) fn wait_for_line(&mut self, start: &str) -> String {
        self.wait_for_line_until(start, Instant::now() + PATIENCE)
    }

    /// The same, for what is built before it is started.
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
        // Not line by line: a question at a terminal has no end of a line.
        let (mut stream, mut piece) = (stream, [0; 4096]);
        while let Ok(read @ 1..) = stream.read(&mut piece) {
            said.lock().expect("listeners do not panic").extend_from_slice(&piece[..read]);
        }
    });
}

/// The files in a folder, in the order of their names.
pub(crate) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder can be listed").path()).collect();
    files.sort();
    files
}
