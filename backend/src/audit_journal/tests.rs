use std::fs;
use std::os::unix::fs::PermissionsExt;

use amanat_shared::audit::Action;
use tempfile::TempDir;

use super::*;
use crate::store::ReviewerRequest;

struct Deployment {
    folder: TempDir,
    store: Store,
}

impl Deployment {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}/amanat.sqlite", folder.path().display())).await.unwrap();
        Self { folder, store }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// Adds rows to the audit log.
    async fn log_requests(&self, numbers: std::ops::Range<u8>) {
        for number in numbers {
            let request = ReviewerRequest { reviewer: "a".to_owned(), jti: [number; 16], expires: 1 };
            assert!(self.store.admit(&request, Action::List, None, 3600).await.unwrap());
        }
    }

    async fn reconcile(&self) -> Result<(AuditJournal, Replayed), JournalError> {
        let mut journal = AuditJournal::open(&self.path())?;
        let replayed = journal.reconcile(&self.store).await?;
        Ok((journal, replayed))
    }
}

fn is_fork(result: &Result<(AuditJournal, Replayed), JournalError>) -> bool {
    matches!(result, Err(JournalError::Store(StoreError::UnusableDatabase(UnusableDatabase::Fork))))
}

#[tokio::test]
async fn the_journal_holds_the_log_line_by_line_with_mode_0600() {
    let deployment = Deployment::new().await;
    deployment.log_requests(1..4).await;
    let (mut journal, _) = deployment.reconcile().await.unwrap();
    assert_eq!(journal.entries(), 3);
    deployment.log_requests(4..6).await;
    journal.catch_up(&deployment.store).await.unwrap();
    let text = fs::read_to_string(deployment.path()).unwrap();
    let lines: Vec<Entry> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, deployment.store.audit(0, 10).await.unwrap());
    assert!(text.ends_with('\n') && fs::metadata(deployment.path()).unwrap().permissions().mode() & 0o777 == 0o600);
}

#[tokio::test]
async fn one_process_at_a_time_can_open_the_journal() {
    let deployment = Deployment::new().await;
    let first = deployment.reconcile().await.unwrap();
    assert!(matches!(AuditJournal::open(&deployment.path()), Err(JournalError::InUse(_))));
    drop(first);
    assert!(AuditJournal::open(&deployment.path()).is_ok());
}

#[tokio::test]
async fn a_lock_that_ends_soon_is_waited_for() {
    let deployment = Deployment::new().await;
    let (first, _) = deployment.reconcile().await.unwrap();
    let holder = thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        drop(first);
    });
    assert!(AuditJournal::open(&deployment.path()).is_ok());
    holder.join().unwrap();
}

#[tokio::test]
async fn a_line_cut_at_any_byte_is_rewritten() {
    let deployment = Deployment::new().await;
    deployment.log_requests(1..4).await;
    drop(deployment.reconcile().await.unwrap());
    let whole = fs::read(deployment.path()).unwrap();
    for length in 0..whole.len() {
        fs::write(deployment.path(), &whole[..length]).unwrap();
        let (journal, replayed) = deployment.reconcile().await.unwrap();
        assert_eq!((journal.entries(), replayed), (3, Replayed::default()));
        assert!(fs::read(deployment.path()).unwrap() == whole, "cut at {length}");
    }
}

#[tokio::test]
async fn missing_entries_are_replayed_and_a_database_with_another_past_is_refused() {
    let (here, backup, other) = (Deployment::new().await, Deployment::new().await, Deployment::new().await);
    for deployment in [&here, &backup] {
        deployment.log_requests(1..3).await;
    }
    here.log_requests(3..6).await;
    other.log_requests(9..12).await;
    drop(here.reconcile().await.unwrap());
    let journal = fs::read(here.path()).unwrap();
    fs::write(backup.path(), &journal).unwrap();
    let (_, replayed) = backup.reconcile().await.unwrap();
    assert_eq!((replayed.rows, backup.store.audit_head().await.unwrap().seq), (3, 5));

    // The other database's log is as long as, longer than and shorter than the journal.
    for numbers in [12..12, 12..20] {
        other.log_requests(numbers).await;
        fs::write(other.path(), &journal).unwrap();
        let before = other.store.audit(0, 100).await.unwrap();
        assert!(is_fork(&other.reconcile().await));
        assert_eq!((fs::read(other.path()).unwrap(), other.store.audit(0, 100).await.unwrap()), (journal.clone(), before));
    }
}

#[tokio::test]
async fn a_database_restored_under_a_running_server_is_detected() {
    let (here, backup) = (Deployment::new().await, Deployment::new().await);
    here.log_requests(1..4).await;
    let (mut journal, _) = here.reconcile().await.unwrap();
    let before = fs::read(here.path()).unwrap();
    for store in [&backup.store] {
        assert!(matches!(
            journal.catch_up(store).await,
            Err(JournalError::Store(StoreError::UnusableDatabase(UnusableDatabase::Fork)))
        ));
    }
    backup.log_requests(5..9).await;
    assert!(journal.catch_up(&backup.store).await.is_err());
    assert_eq!(fs::read(here.path()).unwrap(), before);
}

#[tokio::test]
async fn a_changed_line_is_reported_and_nothing_is_replayed() {
    let (here, backup) = (Deployment::new().await, Deployment::new().await);
    here.log_requests(1..5).await;
    drop(here.reconcile().await.unwrap());
    let text = fs::read_to_string(here.path()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for (index, changed) in [
        (1, lines[1].replace("\"list\"", "\"fetch\"")),
        (2, lines[3].to_owned()),
        (0, "{}".to_owned()),
        (3, "\u{0}".repeat(lines[3].len())),
    ] {
        let mut damaged: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        damaged[index] = changed;
        fs::write(backup.path(), damaged.join("\n") + "\n").unwrap();
        let error = backup.reconcile().await.unwrap_err();
        assert!(matches!(error, JournalError::Damaged { line, .. } if line == index as u64 + 1), "{error}");
        assert_eq!(backup.store.audit_head().await.unwrap(), Head::START);
    }
}

#[tokio::test]
async fn rows_are_copied_while_the_journal_runs_and_the_last_ones_when_it_stops() {
    let deployment = Deployment::new().await;
    let (journal, _) = deployment.reconcile().await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(journal.run(deployment.store.clone(), async { stopped.await.unwrap() }));
    deployment.log_requests(1..4).await;
    stop.send(()).unwrap();
    running.await.unwrap();
    assert_eq!(fs::read_to_string(deployment.path()).unwrap().lines().count(), 3);
}
