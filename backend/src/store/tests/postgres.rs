//! A real `PostgreSQL` that lives as long as its test. `AMANAT_INITDB` names the folder of its programs.

use std::env;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

pub struct Postgres {
    server: Child,
    folder: TempDir,
}

impl Postgres {
    /// Starts a server, or fails with the name of what is missing.
    pub fn start() -> Self {
        let programs = env::var_os("AMANAT_INITDB").filter(|folder| !folder.is_empty());
        let programs = PathBuf::from(programs.expect(
            "PostgreSQL is missing: AMANAT_INITDB must name the folder of initdb and postgres (scripts/env.sh sets it after `scripts/setup.sh test`)",
        ));
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let root = folder.path().metadata().unwrap().uid() == 0;
        if root {
            // PostgreSQL refuses to run as root.
            let id = |option| {
                String::from_utf8(Command::new("id").args([option, "postgres"]).output().unwrap().stdout)
                    .unwrap()
                    .trim()
                    .parse()
                    .unwrap()
            };
            chown(folder.path(), Some(id("-u")), Some(id("-g"))).unwrap();
        }
        let made = program(&programs, "initdb", root)
            .args(["--no-sync", "--auth=trust", "--username=amanat", "--encoding=UTF8", "--locale=C", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        let mut server = program(&programs, "postgres", root)
            .args(["-c", "listen_addresses=", "-c", "max_connections=100", "-D"])
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(server.stderr.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap().contains("ready to accept connections")), "PostgreSQL did not start");
        std::thread::spawn(move || said.for_each(drop));
        Self { server, folder }
    }

    pub fn url(&self) -> String {
        format!("postgres://amanat@localhost/postgres?host={}", self.folder.path().display())
    }
}

fn program(programs: &Path, name: &str, root: bool) -> Command {
    let path = programs.join(name);
    if !root {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(path);
    command
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // An immediate shutdown is used, because a killed server would leave its shared memory.
        let _ = Command::new("kill").args(["-QUIT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
    }
}
