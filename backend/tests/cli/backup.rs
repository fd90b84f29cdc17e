//! Tests of backups, restores and the journal, and of refused databases, with the real program.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use amanat_backend::clock::Clock;
use amanat_backend::config::{Database, RetentionSettings};
use amanat_backend::store::{Arrival, OpenedFile, ReviewerRequest, Store, Upload, UploadId};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{amanat, assert_refused, demo, path, refused, said};

/// A demo's folder, and a configuration for the same database and journal.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        demo(&place.dir());
        said(&["init", path(&place.folder.path().join("site"))]);
        let config = fs::read_to_string(place.config()).unwrap();
        let config = config.replace("database = \"amanat.sqlite\"", "database = \"../demo/amanat.sqlite\"");
        fs::write(place.config(), config).unwrap();
        place
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("demo")
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("site/amanat.toml")
    }

    fn database(&self) -> PathBuf {
        self.dir().join("amanat.sqlite")
    }

    fn journal(&self) -> PathBuf {
        self.dir().join("amanat.sqlite.journal")
    }

    fn backup(&self) -> PathBuf {
        self.folder.path().join("backup")
    }

    async fn store(&self) -> Store {
        Store::open(Database::file(&self.database()).url()).await.unwrap()
    }

    /// Checks whether the database holds this registration.
    async fn holds(&self, sha256: [u8; 32]) -> bool {
        let store = self.store().await;
        let there = store.registration(sha256).await.unwrap().is_some();
        store.close().await;
        there
    }

    fn remove_database(&self) {
        for name in ["amanat.sqlite", "amanat.sqlite-wal", "amanat.sqlite-shm"] {
            let _ = fs::remove_file(self.dir().join(name));
        }
    }
}

async fn register(store: &Store, number: u8, hour: i64) -> [u8; 32] {
    let proof_sha256 = Some(Sha256::digest([number; 32]).into());
    let upload = Upload { length: 3000, received: 0, proof_sha256, pack: None, sha256: None, hour };
    store.create(UploadId([number; 16]), &upload).await.unwrap();
    let arrival = Arrival { reviewers: &[], registrations_per_hour: u32::MAX, hour };
    store.finish(UploadId([number; 16]), 0, &[number; 3000], None, arrival).await.unwrap();
    Sha256::digest([number; 3000]).into()
}

async fn acknowledge(store: &Store, number: u8, hour: i64) {
    let opened = OpenedFile { sha256: Sha256::digest([number; 3000]).into(), delete_proof: [number; 32] };
    let request = ReviewerRequest { reviewer: "reviewer-1".to_owned(), jti: [number; 16], expires: 1 };
    store.acknowledge(&request, &[opened], hour).await.unwrap().unwrap();
}

/// A demo that runs until it is dropped.
struct Serving(Child);

impl Serving {
    fn new(dir: &Path) -> Self {
        let mut child = amanat(&["demo", "--listen", "127.0.0.1:0", "--dir", path(dir)]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().starts_with("ready ")));
        Self(child)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_restore_deletes_again_what_was_deleted_after_the_backup() {
    const DAY: i64 = 24 * 3600;
    // The servers that this test starts delete due files by the real clock.
    let today = Clock::system().hour();
    let place = Place::new();
    let config = place.config();
    let backup = ["backup", "--config", path(&config), path(&place.backup()).to_owned().leak()];
    let restore = ["restore", "--config", path(&config), path(&place.backup()).to_owned().leak()];

    let serving = Serving::new(&place.dir());
    let store = place.store().await;
    let (gone, acknowledged) = (register(&store, 1, today - 30 * DAY).await, register(&store, 2, today - 30 * DAY).await);
    assert!(said(&backup).contains("whole"), "while it is being served");
    assert_eq!(fs::metadata(place.backup()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_refused(&backup, "backup is there already", "Nothing was overwritten");
    let before = fs::read(place.backup()).unwrap();
    acknowledge(&store, 1, today - 20 * DAY).await;
    store.apply_retention(&RetentionSettings::default().rules(2), today - 12 * DAY).await.unwrap();
    acknowledge(&store, 2, today).await;
    store.close().await;
    assert_refused(&restore, "amanat.sqlite is there already", "Stop the server");
    place.remove_database();
    assert_refused(&restore, "amanat.sqlite.journal is in use: another server runs on it", "Stop that one");
    drop(serving);

    // The server lost its database before the journal had the end of the log. The same is repeated with a start in between.
    place.remove_database();
    fs::copy(place.backup(), place.database()).unwrap();
    let store = place.store().await;
    acknowledge(&store, 1, today - 20 * DAY).await;
    store.apply_retention(&RetentionSettings::default().rules(2), today - 12 * DAY).await.unwrap();
    acknowledge(&store, 2, today).await;
    store.close().await;
    demo(&place.dir());
    assert_eq!(fs::read_to_string(place.journal()).unwrap().lines().count(), 3);

    place.remove_database();
    let text = said(&restore);
    assert!(text.contains("held 3 entries that the database lacked: 1 files were deleted again, 2 acknowledgements"), "{text}");
    assert!(text.contains("amanat.sqlite: 1 sealed files, 3 entries in the log.") && !text.contains("WARNING"), "{text}");
    assert_eq!(fs::metadata(place.database()).unwrap().permissions().mode() & 0o777, 0o600);
    let mut left: Vec<String> =
        fs::read_dir(place.dir()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    left.retain(|name| name.starts_with("amanat.sqlite"));
    left.sort();
    assert_eq!(left, ["amanat.sqlite", "amanat.sqlite.journal"], "nothing half-done is left");
    assert!(!place.holds(gone).await && place.holds(acknowledged).await);

    // Without `restore`, the next start replays the journal before it prints `ready`.
    place.remove_database();
    fs::copy(place.backup(), place.database()).unwrap();
    let text = demo(&place.dir());
    assert!(text.find("1 files were deleted again").unwrap() < text.find("ready ").unwrap(), "{text}");
    assert!(!place.holds(gone).await && place.holds(acknowledged).await);
    assert_eq!(fs::read(place.backup()).unwrap(), before, "a backup is only read");

    // Without the journal, the deleted file is back, and a warning says so.
    place.remove_database();
    fs::remove_file(place.journal()).unwrap();
    let text = said(&restore);
    assert!(text.contains("WARNING: there was no journal"), "{text}");
    assert!(place.holds(gone).await);
}

#[tokio::test]
async fn a_journal_of_another_database_is_refused_and_neither_is_changed() {
    let place = Place::new();
    let store = place.store().await;
    register(&store, 1, Clock::system().hour()).await;
    acknowledge(&store, 1, Clock::system().hour()).await;
    store.close().await;
    demo(&place.dir());
    let journal = fs::read_to_string(place.journal()).unwrap();
    let other = Place::new();
    let store = other.store().await;
    register(&store, 2, Clock::system().hour()).await;
    acknowledge(&store, 2, 0).await;
    store.close().await;
    fs::write(other.journal(), &journal).unwrap();
    let serve = ["demo", "--listen", "127.0.0.1:0", "--dir", path(&other.dir()).to_owned().leak()];
    assert_refused(&serve, "contradict each other", "Put back the database or the journal that belongs to the other");
    assert_eq!(fs::read_to_string(other.journal()).unwrap(), journal);
    let config = other.config();
    said(&["backup", "--config", path(&config), path(&other.backup())]);
    other.remove_database();
    let restore = ["restore", "--config", path(&config), path(&other.backup()).to_owned().leak()];
    assert_refused(&restore, "contradict each other", "Put back");
    assert!(!other.database().exists() && !other.dir().join("amanat.sqlite.unfinished").exists());
    fs::write(other.journal(), journal.replace("acknowledge", "list")).unwrap();
    assert_refused(&restore, "amanat.sqlite.journal is damaged in line 1", "Put back a copy");
}

#[test]
fn backup_and_restore_explain_what_they_cannot_do() {
    let place = Place::new();
    let config = place.config();
    let text = fs::read_to_string(&config).unwrap();
    let run = |what: &'static str| [what, "--config", path(&config).to_owned().leak(), path(&place.backup()).to_owned().leak()];
    assert_refused(&run("restore"), "is there already", "move the database away");
    place.remove_database();
    assert_refused(&run("backup"), "There is no database at", "Correct `database`");
    assert_refused(&run("restore"), "backup cannot be used", "See that it is there");
    for bytes in [&b""[..], b"no database", &[0; 9000]] {
        fs::write(place.backup(), bytes).unwrap();
        assert_refused(&run("restore"), "backup is no SQLite database", "left as it is");
        assert!(!place.database().exists());
    }
    fs::write(&config, text.replace("\"../demo/amanat.sqlite\"", "\"postgres://db/amanat\"")).unwrap();
    assert_refused(&run("backup"), "PostgreSQL server, not a file", "pg_dump");
    assert_refused(&run("restore"), "PostgreSQL server, not a file", "psql");
}

#[test]
fn a_foreign_or_damaged_database_stops_every_command_and_is_not_changed() {
    let place = Place::new();
    let good = fs::read(place.database()).unwrap();
    let mut damaged = good.clone();
    // This byte is the type of the second page.
    damaged[usize::from(u16::from_be_bytes([good[16], good[17]]))] ^= 0xff;
    let text = b"CREATE TRIGGER audit_no_delete";
    let position = good.windows(text.len()).position(|window| window == text).unwrap();
    let mut altered = good.clone();
    altered[position + text.len() + 1..position + text.len() + 7].copy_from_slice(b"AFTER ");
    let (dir, config) = (place.dir(), place.config());
    for (bytes, what) in [
        (b"something else".to_vec(), "is no SQLite database"),
        (good[..good.len() / 2].to_vec(), "is damaged"),
        (damaged, "is damaged"),
        (altered, "is not as this program makes it: audit_no_delete differs"),
    ] {
        place.remove_database();
        fs::write(place.database(), &bytes).unwrap();
        for command in [
            &["demo", "--listen", "127.0.0.1:0", "--dir", path(&dir)][..],
            &["status", "--dir", path(&dir)],
            &["backup", "--config", path(&config), path(&place.backup())],
        ] {
            let (said, advice) = refused(&amanat(command).output().unwrap());
            assert!(said.contains(what) && advice.contains("It was left as it is"), "{command:?}: {said}\n{advice}");
        }
        assert!(fs::read(place.database()).unwrap() == bytes, "{what}");
        assert!(!place.backup().exists());
    }
}

#[test]
fn a_restore_without_a_usable_folder_fails_and_leaves_nothing() {
    use std::os::unix::fs::{MetadataExt, chown};
    let place = Place::new();
    let config = place.config();
    said(&["backup", "--config", path(&config), path(&place.backup())]);
    let text = fs::read_to_string(&config).unwrap();
    let restore = ["restore", "--config", path(&config), path(&place.backup()).to_owned().leak()];

    let missing = place.folder.path().join("gone/for good");
    fs::write(&config, text.replace("../demo/amanat.sqlite", path(&missing.join("amanat.sqlite")))).unwrap();
    assert_refused(&restore, "There is no folder ", "Make it for the user that the service runs as");
    assert!(!place.folder.path().join("gone").exists());

    // A file takes the folder's place.
    fs::write(place.folder.path().join("gone"), "").unwrap();
    assert_refused(&restore, "There is no folder ", "Make it");
    fs::remove_file(place.folder.path().join("gone")).unwrap();

    fs::create_dir_all(&missing).unwrap();
    let owner = missing.metadata().unwrap().uid();
    assert_eq!(owner, 0, "this test gives folders away, so it runs as root, as the other tests with real servers do");
    // Another user may not write into root's folder, and the message says so.
    let nobody = 65_534;
    let program = place.folder.path().join("amanat");
    fs::copy(env!("CARGO_BIN_EXE_amanat"), &program).unwrap();
    for path in
        [place.folder.path().to_owned(), place.folder.path().join("site"), place.folder.path().join("gone"), missing.clone()]
    {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for path in [&config, &place.backup()] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let as_nobody = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&program).args(restore).stdin(Stdio::null());
        command.output().unwrap()
    };
    let (what, advice) = refused(&as_nobody());
    assert!(what.contains("amanat.sqlite.journal cannot be used: permission denied") && advice.contains("its rights"), "{what}");
    assert_eq!(fs::read_dir(&missing).unwrap().count(), 0);

    // Root restores into the service's folder, and the service can use the files.
    chown(&missing, Some(nobody), Some(nobody)).unwrap();
    let text = said(&restore);
    assert!(text.contains("WARNING: there was no journal at "), "{text}");
    for name in ["amanat.sqlite", "amanat.sqlite.journal"] {
        assert_eq!(missing.join(name).metadata().unwrap().uid(), nobody, "{name}");
    }
    assert_eq!(fs::read_dir(&missing).unwrap().count(), 2);
}
