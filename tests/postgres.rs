//! A real `PostgreSQL` in a folder of its own, which can fall over and be started again.

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use tempfile::TempDir;

use crate::programs::{real_thing, run};

/// A database server.
pub(crate) struct Postgres {
    folder: TempDir,
    /// Whether this runs as root, as which it refuses to.
    root: bool,
    server: Option<Child>,
}

impl Postgres {
    /// Makes one, and starts it.
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("amanat-postgres-").tempdir().expect("a folder for the database");
        let root = folder.path().metadata().expect("it was made").uid() == 0;
        let mut postgres = Self { folder, root, server: None };
        if postgres.root {
            chown(postgres.folder.path(), Some(id_of("-u")), Some(id_of("-g"))).expect("root may give a folder away");
        }
        let mut initdb = postgres.program("initdb");
        initdb.args(["--no-sync", "--auth=trust", "--username=amanat", "--encoding=UTF8", "--locale=C", "-D"]);
        run(initdb.arg(postgres.data()));
        postgres.start_again();
        postgres
    }

    /// As a configuration names it.
    pub(crate) fn url(&self) -> String {
        format!("postgres://amanat@localhost/postgres?host={}", self.folder.path().display())
    }

    /// It ends at once, in the middle of whatever it does, as when it is out of memory.
    pub(crate) fn fall_over(&mut self) {
        if let Some(mut server) = self.server.take() {
            // A killed one would leave its shared memory behind; this is as abrupt to clients, and to what it was writing.
            let _ = Command::new("kill").args(["-QUIT", &server.id().to_string()]).status();
            let _ = server.wait();
        }
    }

    /// Starts it again over the same folder, and waits until it is there.
    pub(crate) fn start_again(&mut self) {
        let mut server = self
            .program("postgres")
            .args(["-c", "listen_addresses=", "-c", "max_connections=100", "-D"])
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .expect("PostgreSQL can be started");
        let mut said = BufReader::new(server.stderr.take().expect("it was piped")).lines().map_while(Result::ok);
        assert!(said.any(|line| line.contains("ready to accept connections")), "PostgreSQL did not start");
        thread::spawn(move || said.for_each(drop));
        self.server = Some(server);
    }

    /// Whether it was given to another user, because this one is root.
    pub(crate) fn is_root(&self) -> bool {
        self.root
    }

    /// Where its socket is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What one query answers with, as text.
    pub(crate) fn query(&self, text: &str) -> String {
        let mut psql = self.program("psql");
        psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "--username=amanat", "--command", text, "--host"]);
        String::from_utf8_lossy(&run(psql.arg(self.folder.path()).arg("postgres"))).trim().to_owned()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn program(&self, name: &str) -> Command {
        let path = real_thing("AMANAT_INITDB").join(name);
        if !self.root {
            return Command::new(path);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(path);
        command
    }
}

fn id_of(option: &str) -> u32 {
    let id = run(Command::new("id").args([option, "postgres"]));
    String::from_utf8_lossy(&id).trim().parse().expect("id prints a number")
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.fall_over();
    }
}
