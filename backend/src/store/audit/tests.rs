use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use crate::config::RetentionSettings;
use crate::store::tests::{databases, register, request};
use crate::store::{OpenedFile, Replayed, UnusableDatabase};

use super::*;

const DAY: i64 = 24 * 3600;

/// Verifies the log from its first row to its last.
async fn verified(store: &Store) -> Head {
    let mut head = Head::START;
    for entry in store.audit(0, 10_000).await.unwrap() {
        head = head.follow(&entry).unwrap();
    }
    assert_eq!(store.audit_head().await.unwrap(), head);
    head
}

#[tokio::test]
async fn requests_and_deletions_are_rows_of_one_chain() {
    for database in databases().await {
        let store = &database.store;
        assert_eq!(verified(store).await, Head::START);
        let sha256 = register(store, 1, b"one", 0).await;
        assert!(store.admit(&request("a", 1), Action::List, None, 3600).await.unwrap());
        assert!(store.admit(&request("b", 2), Action::Fetch, Some(sha256), 3600).await.unwrap());
        assert!(!store.admit(&request("b", 2), Action::Fetch, Some(sha256), 3600).await.unwrap(), "no second row");
        let (right, wrong) = (OpenedFile { sha256, delete_proof: [5; 32] }, OpenedFile { sha256, delete_proof: [6; 32] });
        store.acknowledge(&request("a", 3), &[wrong, right, right], 3600).await.unwrap();
        store.acknowledge(&request("a", 4), &[wrong], 3600).await.unwrap();
        store.acknowledge(&request("a", 5), &[right], 3600).await.unwrap();
        store.apply_retention(&RetentionSettings::default().rules(2), 8 * DAY).await.unwrap();
        let rows = store.audit(0, 100).await.unwrap();
        let told: Vec<_> =
            rows.iter().map(|row| (row.seq, row.reviewer.as_str(), row.action.as_str(), row.subject.as_str())).collect();
        let name = hex(&sha256);
        assert_eq!(
            told,
            [
                (1, "a", "list", ""),
                (2, "b", "fetch", &name),
                (3, "a", "acknowledge", &name),
                (4, "a", "attempt", ""),
                (5, "a", "attempt", ""),
                (6, "", "delete_acknowledged", &name),
            ]
        );
        assert_eq!((rows[1].request.as_str(), rows[5].request.as_str()), (hex(&[2; 16]).as_str(), ""));
        assert_eq!(store.audit(2, 2).await.unwrap(), rows[2..4]);
        assert_eq!(verified(store).await.seq, 6);
    }
}

#[tokio::test]
async fn concurrent_writers_extend_one_chain() {
    for database in databases().await {
        let writers: Vec<_> = (1..=40)
            .map(|number| {
                let store = database.store.clone();
                tokio::spawn(async move { store.admit(&request("a", number), Action::List, None, 0).await.unwrap() })
            })
            .collect();
        for writer in writers {
            assert!(writer.await.unwrap());
        }
        assert_eq!(verified(&database.store).await.seq, 40);
    }
}

#[tokio::test]
async fn the_database_refuses_to_change_delete_or_insert_earlier_rows() {
    for database in databases().await {
        let store = &database.store;
        for number in 1..=3 {
            store.admit(&request("a", number), Action::List, None, 0).await.unwrap();
        }
        let before = store.audit(0, 10).await.unwrap();
        let mut forbidden = vec![
            "UPDATE audit SET reviewer = 'b'",
            "UPDATE audit SET seq = 9 WHERE seq = 3",
            "DELETE FROM audit",
            "DELETE FROM audit WHERE seq = 3",
            "INSERT INTO audit SELECT seq + 2, hour, reviewer, action, subject, request, hash FROM audit WHERE seq = 3",
            "INSERT INTO audit SELECT 0, hour, reviewer, action, subject, request, hash FROM audit WHERE seq = 3",
        ];
        match store.kind {
            DatabaseKind::Sqlite => forbidden.extend([
                "REPLACE INTO audit SELECT * FROM audit WHERE seq = 3",
                "INSERT INTO audit SELECT * FROM audit WHERE seq = 3 ON CONFLICT (seq) DO UPDATE SET reviewer = 'b'",
            ]),
            DatabaseKind::Postgres => forbidden.push("TRUNCATE audit"),
        }
        for sql in forbidden {
            assert!(sqlx::query(sql).execute(&store.pool).await.is_err(), "{sql}");
        }
        assert_eq!(store.audit(0, 10).await.unwrap(), before);
    }
}

#[tokio::test]
async fn a_replay_repeats_the_actions_that_a_restored_database_lacks() {
    for (here, restored) in databases().await.into_iter().zip(databases().await) {
        let (here, restored) = (&here.store, &restored.store);
        // Both databases are the same until the backup: three files, and one request.
        let mut files = Vec::new();
        for store in [here, restored] {
            files.clear();
            for number in 1..=3 {
                files.push(register(store, number, &[number], 0).await);
            }
            store.admit(&request("a", 1), Action::List, None, 0).await.unwrap();
        }
        // After the backup one file was acknowledged and deleted, and one was acknowledged.
        let opened = |sha256| OpenedFile { sha256, delete_proof: [5; 32] };
        here.acknowledge(&request("a", 2), &[opened(files[0])], DAY).await.unwrap();
        here.apply_retention(&RetentionSettings::default().rules(2), 9 * DAY).await.unwrap();
        here.acknowledge(&request("b", 3), &[opened(files[1])], 175 * DAY).await.unwrap();
        let journal = here.audit(0, 100).await.unwrap();
        assert_eq!(journal.len(), 4);

        let mut forged = journal.clone();
        forged[3].action = "delete_acknowledged".to_owned();
        assert_eq!(restored.replay(&forged).await, Err(UnusableDatabase::Fork.into()));
        assert_eq!(restored.replay(&journal[2..]).await, Err(UnusableDatabase::Fork.into()), "a gap");
        let mut other = journal.clone();
        other[0].hash = hex(&[0; 32]);
        assert_eq!(restored.replay(&other).await, Err(UnusableDatabase::Fork.into()), "another past");
        assert_eq!((restored.audit_head().await.unwrap().seq, restored.status().await.unwrap().registrations), (1, 3));

        let replayed = restored.replay(&journal).await.unwrap();
        assert_eq!(replayed, Replayed { rows: 3, acknowledged: 2, deleted: 1, ..Replayed::default() });
        assert_eq!(restored.replay(&journal).await.unwrap(), Replayed::default());
        assert_eq!(restored.audit(0, 100).await.unwrap(), journal);
        assert_eq!(restored.registration(files[0]).await.unwrap(), None);
        assert_eq!(restored.acknowledgements(files[1]).await.unwrap(), 1);
        assert_eq!(restored.notices_of("b").await.unwrap().len(), 1, "what b has opened does not wait for b");
        // The log continues from there.
        restored.admit(&request("a", 9), Action::List, None, 0).await.unwrap();
        assert_eq!(verified(restored).await.seq, 5);
    }
}

#[tokio::test]
async fn an_entry_of_a_newer_version_is_refused_whole() {
    for database in databases().await {
        let mut entry = Entry {
            seq: 1,
            hour: 0,
            reviewer: String::new(),
            action: "burn".to_owned(),
            subject: String::new(),
            request: String::new(),
            hash: String::new(),
        };
        entry.hash = hex(&Head::START.hash_of(&entry));
        assert_eq!(database.store.replay(&[entry]).await, Err(UnusableDatabase::Newer.into()));
        assert_eq!(verified(&database.store).await, Head::START);
    }
}

#[tokio::test]
async fn a_restored_dump_of_postgresql_replays_later_actions() {
    for database in databases().await {
        let Some(server) = &database.server else { continue };
        let (store, url) = (&database.store, server.url());
        let sha256 = register(store, 1, b"one", 0).await;
        store.admit(&request("a", 1), Action::List, None, 0).await.unwrap();
        let programs = PathBuf::from(env::var_os("AMANAT_INITDB").unwrap());
        let dump = Command::new(programs.join("pg_dump")).arg(&url).output().unwrap();
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        let file = database.folder.path().join("dump.sql");
        fs::write(&file, &dump.stdout).unwrap();

        store.acknowledge(&request("a", 2), &[OpenedFile { sha256, delete_proof: [5; 32] }], DAY).await.unwrap();
        store.apply_retention(&RetentionSettings::default().rules(2), 9 * DAY).await.unwrap();
        let journal = store.audit(0, 100).await.unwrap();

        sqlx::query("CREATE DATABASE restored").execute(&store.pool).await.unwrap();
        let url = url.replace("/postgres?", "/restored?");
        let restored =
            Command::new(programs.join("psql")).args(["-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&file).arg(&url).output().unwrap();
        assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
        let restored = Store::open(&url).await.unwrap();
        assert!(restored.registration(sha256).await.unwrap().is_some());
        assert_eq!(
            restored.replay(&journal).await.unwrap(),
            Replayed { rows: 2, acknowledged: 1, deleted: 1, ..Replayed::default() }
        );
        assert!(restored.registration(sha256).await.unwrap().is_none());
        assert!(sqlx::query("DELETE FROM audit").execute(&restored.pool).await.is_err(), "its triggers came along");
        restored.close().await;
    }
}
