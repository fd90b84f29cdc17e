//! A machine of its own for what manuals say: this one's files, of which nothing that is written stays, and a network that
//! ends at its loopback. What is built in the target folder and in the cache of tools stays.

use std::{
    env,
    ffi::OsString,
    io::Write,
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::programs::{Service, target, wait_for};

/// What a shell of the machine's administrator has of this one's environment. Settings of the tests' own are not among it.
const KEPT: [&str; 7] = ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "AMANAT_CACHE", "XDG_CACHE_HOME", "LANG"];

/// Makes the machine in the folder `$1`, where the folders after it stay this machine's, and says when it is there.
const MAKE: &str = r#"
set -e
top=$1
shift
mount --make-rprivate /
mount -t tmpfs none "$top"
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" "$top/root"
for folder in /proc /dev /sys "$@"; do
    mkdir -p "$top/root$folder"
    mount --rbind "$folder" "$top/root$folder"
done
mount -t tmpfs none "$top/root/run"
ip link set lo up
echo "a machine is ready"
exec sleep infinity
"#;

/// See the module.
pub(crate) struct Machine {
    holder: Service,
    folder: TempDir,
}

impl Machine {
    /// Starts one. Only root may.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the machine");
        let cache = env::var_os("AMANAT_CACHE")
            .map_or_else(|| PathBuf::from(env::var_os("HOME").expect("a user has a home")).join(".cache/amanat"), PathBuf::from);
        let mut make = Command::new("unshare");
        make.args(["--mount", "--net", "--", "sh", "-c", MAKE, "sh"]).arg(folder.path()).arg(target()).arg(cache);
        let mut holder = Service::start(&mut make);
        holder.wait_for_line("a machine is ready");
        Self { holder, folder }
    }

    /// The source folder, where commands are typed.
    pub(crate) fn source() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("this test has a source")
    }

    /// What runs a command there, as root types it in this folder.
    pub(crate) fn shell(&self, folder: &Path, command: &str) -> Command {
        let mut shell = Command::new("nsenter");
        shell.arg("--target").arg(self.holder.id().to_string()).args(["--mount", "--net", "--", "chroot"]);
        shell.arg(self.folder.path().join("root")).args(["env", "-i"]);
        for name in KEPT {
            if let Some(value) = env::var_os(name) {
                let mut setting = OsString::from(name);
                setting.push("=");
                setting.push(value);
                shell.arg(setting);
            }
        }
        let path = env::var("PATH").unwrap_or_default();
        // Nothing but what is missing: build scripts run again where PATH is another, and all that hangs on them.
        let missing =
            ["/usr/local/bin", "/usr/sbin", "/sbin"].into_iter().filter(|folder| !path.split(':').any(|one| one == *folder));
        let path = std::iter::once(path.as_str()).chain(missing).collect::<Vec<_>>().join(":");
        shell.arg(format!("PATH={path}")).arg(format!("CARGO_TARGET_DIR={}", target().display()));
        let text = format!("cd '{}' && {{ {command}\n}}", folder.display());
        shell.args(["bash", "-o", "pipefail", "-c", &text]);
        shell
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, folder: &Path, command: &str, typed: &str) -> Output {
        let mut shell = self.shell(folder, command);
        let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("nsenter runs");
        // It may end before it has read all.
        let _ = child.stdin.take().expect("it was piped").write_all(typed.as_bytes());
        child.wait_with_output().expect("it ends")
    }

    /// Runs a command at a terminal, where each answer is typed after its question; what was shown.
    pub(crate) fn run_at_terminal(&self, folder: &Path, command: &str, answers: &[(&str, &str)]) -> String {
        let quoted = command.replace('\'', r"'\''");
        let mut shell = self.shell(folder, &format!("script --quiet --return --flush --command '{quoted}' /dev/null"));
        let (mut service, mut keyboard): (Service, ChildStdin) = Service::start_with_input(&mut shell);
        for (question, answer) in answers {
            wait_for(&format!("{question:?} of {command}"), || {
                String::from_utf8_lossy(&service.said()).contains(question).then_some(())
            });
            keyboard.write_all(format!("{answer}\n").as_bytes()).expect("it is asked for");
        }
        service.wait_for_end();
        String::from_utf8_lossy(&service.said()).into_owned()
    }
}
