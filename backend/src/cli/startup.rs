//! The steps that `serve` and `demo` share: opening the database and the journal, choosing the accepted packs, and running
//! until told to stop.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;

use amanat_backend::audit_journal::{AuditJournal, JournalError};
use amanat_backend::clock::Clock;
use amanat_backend::config::LimitSettings;
use amanat_backend::config::{Database, RetentionSettings};
use amanat_backend::files::{self, Readers, io_error_text};
use amanat_backend::http::reviewers::distinct_reviewers;
use amanat_backend::http::uploads::max_upload_bytes;
use amanat_backend::http::{AcceptedPack, ServerState, Site};
use amanat_backend::mail::MailWorker;
use amanat_backend::net::Listeners;
use amanat_backend::server;
use amanat_backend::store::{LeaseHolder, Replayed, Store, StoreError, UnusableDatabase};
use amanat_shared::dates::Day;
use amanat_shared::pack::{ACCEPTED_DAYS, Pack, SignedPack};
use rlimit::Resource;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::Failure;
use super::output::say;

/// File descriptors assumed where the system does not tell its limit.
const FALLBACK_DESCRIPTORS: usize = 256;
/// File descriptors kept for the database, mail and files.
const RESERVED_DESCRIPTORS: usize = 256;
/// Default maximum of connections. A machine with more memory raises it with `max_connections`.
const DEFAULT_MAX_CONNECTIONS: usize = 16_384;

/// Binds a listener, so that a port in use is known before anything is written.
pub async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::new(
            format!("{address} is in use by another program."),
            "Stop that program, or choose another port with `listen` (demo: --listen 127.0.0.1:0 finds a free one).",
        ),
        io::ErrorKind::PermissionDenied => Failure::new(
            format!("The program may not listen on {address}."),
            "Choose a port from 1024 on, or let the program listen there: docs/operations.md, \"TLS\".",
        ),
        _ => Failure::new(
            format!("The program cannot listen on {address}: {}.", io_error_text(&error)),
            "Choose an address of this machine.",
        ),
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Returns how many connections are allowed at a time: the wanted number, as far as the limit of open files permits.
pub fn max_connections(wanted: Option<NonZeroUsize>) -> usize {
    // The present limit applies if it cannot be raised.
    let descriptors = rlimit::increase_nofile_limit(u64::MAX).or_else(|_| Resource::NOFILE.get_soft());
    let descriptors = descriptors.ok().and_then(|descriptors| usize::try_from(descriptors).ok()).unwrap_or(FALLBACK_DESCRIPTORS);
    let allowed = descriptors - RESERVED_DESCRIPTORS.min(descriptors / 4);
    let wanted = wanted.map_or(allowed.min(DEFAULT_MAX_CONNECTIONS), NonZeroUsize::get);
    if wanted > allowed {
        say(format_args!("At most {allowed} connections are possible, not {wanted}: the system allows {descriptors} open files."));
    }
    wanted.min(allowed).max(1)
}

/// Returns the packs that were served before. They are verified again, because a person who can change the database is not a
/// root.
pub async fn served_packs(store: &Store, database: &Database, current: &SignedPack) -> Result<Vec<(SignedPack, Pack)>, Failure> {
    let mut verified = Vec::new();
    for mut signed in store.packs().await.map_err(|error| database_failure(database, &error))? {
        signed.demo_root.clone_from(&current.demo_root);
        if let Ok(pack) = signed.verify_at_any_time() {
            verified.push((signed, pack));
        } else {
            tracing::warn!("a pack in the database does not verify, and does not count");
        }
    }
    Ok(verified)
}

/// Stores the pack that is about to be served.
pub async fn remember_pack(store: &Store, database: &Database, signed: &SignedPack, pack: &Pack) -> Result<(), Failure> {
    let issued = pack.issued_day().unwrap_or(Day(i32::MIN));
    store.remember_pack(signed, pack.serial, issued).await.map_err(|error| database_failure(database, &error))
}

/// Builds the site, except how it is reached.
pub fn site(signed: SignedPack, pack: Pack, remembered: Vec<(SignedPack, Pack)>, today: Day) -> Site {
    Site {
        accepted: accepted_packs(&pack, remembered, today),
        revoked: pack.revoked.clone(),
        max_upload_bytes: max_upload_bytes(&pack.limits),
        retention: RetentionSettings::default().rules(distinct_reviewers(&pack)),
        signed,
        pack,
        origins: Vec::new(),
        tls: false,
        onion_location: None,
        reviewers_to_notify: Vec::new(),
        limits: LimitSettings::default(),
    }
}

/// Returns the packs that files may be sealed to: this one, and those issued in the last 180 days, except revoked ones.
fn accepted_packs(current: &Pack, remembered: Vec<(SignedPack, Pack)>, today: Day) -> Vec<AcceptedPack> {
    let counts = |pack: &Pack| {
        let age_days = pack.issued_day().map_or(i64::MAX, |issued| today.days_since(issued));
        pack.serial < current.serial && age_days <= ACCEPTED_DAYS && !current.revoked.contains(&pack.serial)
    };
    let earlier = remembered.into_iter().map(|(_, pack)| pack).filter(counts);
    // Every verified pack has a shape.
    let one = |pack: Pack| pack.shape().ok().map(|shape| AcceptedPack { serial: pack.serial, shape });
    std::iter::once(current.clone()).chain(earlier).filter_map(one).collect()
}

/// Refuses a pack that is older than one that was served already, or a different pack with the same serial.
pub fn refuse_rollback(signed: &SignedPack, pack: &Pack, remembered: &[(SignedPack, Pack)]) -> Result<(), Failure> {
    let Some((newest_signed, newest)) = remembered.iter().max_by_key(|(_, pack)| pack.serial) else { return Ok(()) };
    if newest.serial > pack.serial {
        return Err(Failure::new(
            format!("The pack's serial is {}, and {} was served here already.", pack.serial, newest.serial),
            format!("Put back the pack with serial {}, or sign a new one with a greater serial.", newest.serial),
        ));
    }
    if newest.serial == pack.serial && newest_signed.pack != signed.pack {
        return Err(Failure::new(
            format!("Another pack with serial {} was served here already.", pack.serial),
            "Sign the new one with a greater serial.",
        ));
    }
    Ok(())
}

/// Creates this server's identity among those with the same database.
pub fn lease_holder() -> Result<LeaseHolder, Failure> {
    LeaseHolder::random().map_err(|_| Failure::new("The system gave no random numbers.", "Start again once it has booted."))
}

/// Opens the database. A missing file is created with mode 0600.
pub async fn open_store(database: &Database) -> Result<Store, Failure> {
    if let Some(path) = database.path()
        && let Err(error) = files::write_new(path, b"", Readers::Owner)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(Failure::write(path, &error));
    }
    Store::open(database.url()).await.map_err(|error| database_failure(database, &error))
}

/// Locks the journal for this process, which also detects a second server on the same database.
pub fn open_journal(path: &Path) -> Result<AuditJournal, Failure> {
    AuditJournal::open(path).map_err(|error| journal_failure(path, &error))
}

/// Replays into a restored database what it lacks, before anything is served.
pub async fn reconcile(journal: &mut AuditJournal, store: &Store, database: &Database) -> Result<Replayed, Failure> {
    let replayed = journal.reconcile(store).await.map_err(|error| match error {
        JournalError::Store(error) if error != StoreError::UnusableDatabase(UnusableDatabase::Fork) => {
            database_failure(database, &error)
        }
        error => journal_failure(journal.path(), &error),
    })?;
    if replayed.rows > 0 {
        let Replayed { rows, acknowledged, discarded, deleted } = replayed;
        say(format_args!(
            "The journal held {rows} entries that the database lacked: {deleted} files were deleted again, {acknowledged} acknowledgements and {discarded} discards noted again."
        ));
    }
    Ok(replayed)
}

/// Describes a journal that cannot be used.
fn journal_failure(path: &Path, error: &JournalError) -> Failure {
    let path = path.display();
    match error {
        JournalError::InUse(_) => Failure::new(
            format!("{path} is in use: another server runs on it."),
            "Stop that one; or, for several servers on one PostgreSQL, name a `journal` of its own for each.",
        ),
        JournalError::Store(_) => Failure::new(
            format!("The database's log and the journal {path} contradict each other, so one of them is not this deployment's."),
            "Put back the database or the journal that belongs to the other. Only if you know that the journal is the wrong one, move it away: what it says was deleted would then stay.",
        ),
        JournalError::Damaged { line, .. } => Failure::new(
            format!("The journal {path} is damaged in line {line}."),
            "Put back a copy of it (another server's, or a backup's). Only if the database was not restored since, move the journal away: the next start writes a new one.",
        ),
        JournalError::File { error, .. } => Failure::new(
            format!("The journal {path} cannot be used: {}.", io_error_text(error)),
            "See to the folder, its rights and the room on the disk, or name another place as `journal`.",
        ),
    }
}

/// Describes a database that cannot be used.
pub fn database_failure(database: &Database, error: &StoreError) -> Failure {
    let name = database.path().map_or_else(|| "The database".to_owned(), |path| path.display().to_string());
    let StoreError::UnusableDatabase(unfit) = error else {
        return Failure::new(
            format!("{name} cannot be used: {error}."),
            "See that it is there, is whole, and that the program may write to it.",
        );
    };
    match unfit {
        UnusableDatabase::Newer => Failure::new(
            format!("{name} is of a newer version of this program."),
            "It was left as it is. Start that version; an older one cannot read it.",
        ),
        UnusableDatabase::NotADatabase => Failure::new(
            format!("{name} is no SQLite database."),
            "It was left as it is. Correct `database`, or put the right file there (`amanat restore`).",
        ),
        UnusableDatabase::Damaged => Failure::new(
            format!("{name} is damaged."),
            "It was left as it is. Move it away with the files beside it, see to the disk, and put the last backup back: `amanat restore`.",
        ),
        UnusableDatabase::Altered(what) => Failure::new(
            format!("{name} is not as this program makes it: {what} differs."),
            "It was left as it is. Correct `database`; or, if somebody changed it, undo that or put the last backup back: `amanat restore`.",
        ),
        UnusableDatabase::Pooler => Failure::new(
            format!(
                "{name} is reached through a pooler such as PgBouncer, in a mode that this program cannot work with: each transaction, or each statement, would get another connection."
            ),
            "Name the PostgreSQL server itself in `database`; or give PgBouncer pool_mode = session and ignore_startup_parameters = extra_float_digits for it.",
        ),
        UnusableDatabase::Fork => Failure::new(
            format!("{name}: its log and the journal contradict each other."),
            "Put back the one that belongs to the other.",
        ),
    }
}

/// All parts of a running deployment.
pub struct Deployment {
    pub listeners: Listeners,
    pub address: SocketAddr,
    pub site: Site,
    pub store: Store,
    pub mail: MailWorker,
    pub journal: AuditJournal,
}

impl Deployment {
    /// Serves and sends mail until SIGTERM or SIGINT, then finishes requests and mail under way.
    pub async fn until_stopped(self, clock: Clock) -> Result<(), Failure> {
        let (stop, stopped) = watch::channel(());
        let mut terminate = signal(SignalKind::terminate()).map_err(|error| signal_failure(&error))?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| signal_failure(&error))?;
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            drop(stop);
        });
        let mail = tokio::spawn(self.mail.run(clock.clone(), ended(stopped.clone())));
        let journal = tokio::spawn(self.journal.run(self.store.clone(), ended(stopped.clone())));
        let scheme = if self.listeners.certificates.is_some() { "https" } else { "http" };
        // Compressing the page takes a moment, so it is done before `ready` is printed.
        let state = ServerState::new(self.site, self.store.clone(), clock);
        say(format_args!("ready {scheme}://{}", self.address));
        server::serve(self.listeners, state, ended(stopped)).await;
        let stopped_mail = mail.await;
        // A fault of the journal's task loses nothing, because the next start adds what is missing.
        let _ = journal.await;
        // The store is closed last, when no task is left that could commit.
        self.store.close().await;
        stopped_mail.map_err(|_| {
            Failure::new("The mail worker stopped by a fault.", "Start again, and report it; nothing that waits was lost.")
        })
    }
}

/// Completes when the sender is dropped.
async fn ended(mut stopped: watch::Receiver<()>) {
    while stopped.changed().await.is_ok() {}
}

fn signal_failure(error: &io::Error) -> Failure {
    Failure::new(format!("The program cannot listen for signals: {}.", io_error_text(error)), "See to the machine's limits.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo;

    fn pack(serial: u64, issued: &str, revoked: &[u64]) -> (SignedPack, Pack) {
        let mut pack = demo::tests::pack();
        pack.serial = serial;
        issued.clone_into(&mut pack.issued);
        pack.revoked = revoked.to_vec();
        let json = format!("{serial} {issued}");
        (SignedPack { pack: json, signatures: Vec::new(), demo_root: None }, pack)
    }

    #[test]
    fn packs_are_accepted_for_180_days_unless_the_newest_revokes_them() {
        let today = Day::from_iso("2026-11-23").unwrap();
        let (_, current) = pack(9, "2026-11-20", &[7]);
        let remembered = vec![
            pack(5, "2026-05-26", &[]),
            pack(6, "2026-05-27", &[]),
            pack(7, "2026-10-01", &[]),
            pack(8, "2026-11-01", &[]),
            pack(9, "2026-11-20", &[7]),
        ];
        let serials: Vec<u64> = accepted_packs(&current, remembered, today).iter().map(|one| one.serial).collect();
        assert_eq!(serials, [9, 6, 8]);
    }

    #[test]
    fn the_maximum_of_connections_is_limited_by_open_files() {
        let allowed = max_connections(NonZeroUsize::new(usize::MAX));
        let (soft, _) = Resource::NOFILE.get().unwrap();
        assert!(allowed >= 1 && (allowed as u64) < soft);
        assert_eq!(max_connections(NonZeroUsize::new(7)), 7.min(allowed));
        assert_eq!(max_connections(None), allowed.min(DEFAULT_MAX_CONNECTIONS));
    }

    #[test]
    fn an_older_pack_and_another_pack_of_the_same_serial_are_refused() {
        let (signed, current) = pack(8, "2026-11-20", &[]);
        assert!(refuse_rollback(&signed, &current, &[]).is_ok());
        assert!(refuse_rollback(&signed, &current, &[pack(7, "2026-11-01", &[]), pack(8, "2026-11-20", &[])]).is_ok());
        let older = refuse_rollback(&signed, &current, &[pack(9, "2026-11-21", &[])]).unwrap_err().to_string();
        assert!(older.contains("serial is 8, and 9 was served here already"), "{older}");
        let other = refuse_rollback(&signed, &current, &[pack(8, "2026-11-19", &[])]).unwrap_err().to_string();
        assert!(other.contains("Another pack with serial 8"), "{other}");
    }

    #[tokio::test]
    async fn a_database_has_mode_0600_and_one_of_a_newer_version_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("amanat.sqlite");
        let database = Database::file(&path);
        open_store(&database).await.unwrap().close().await;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        let pool = sqlx::AnyPool::connect(database.url()).await.unwrap();
        let later =
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99, '', 1, x'00', 0)";
        sqlx::query(later).execute(&pool).await.unwrap();
        pool.close().await;
        let failure = open_store(&database).await.unwrap_err().to_string();
        assert!(failure.contains("amanat.sqlite is of a newer version of this program"), "{failure}");
    }
}
