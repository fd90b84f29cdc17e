//! The hashed files of recently served builds. A phone that loaded the page of an earlier build, or of another server's build,
//! still asks for its files.
//!
//! The rows are as trustworthy as the database, so the server compares each file with the hash in its name before it serves it.

use super::{Store, StoreError, unsigned};

/// A build's files are kept for this long after it was last served.
const KEPT_SECS: i64 = 31 * 24 * 3600;
/// The files of all builds are bounded, however often a new build is deployed.
const MOST_FILES: usize = 256;
const MOST_BYTES: u64 = 16 << 20;

/// A file of the site, compressed with brotli.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteFile {
    /// Its name, with a hash of its contents.
    pub name: String,
    /// Its compressed contents.
    pub packed: Vec<u8>,
}

impl Store {
    /// Stores the files of the build that is served at this hour.
    pub async fn keep_site_files(&self, files: &[SiteFile], hour: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin_transaction().await?;
        for file in files {
            sqlx::query(
                "INSERT INTO site_files (name, packed, current_hour) VALUES ($1, $2, $3) \
                 ON CONFLICT (name) DO UPDATE SET packed = excluded.packed, current_hour = excluded.current_hour",
            )
            .bind(&file.name)
            .bind(&file.packed[..])
            .bind(hour)
            .execute(transaction.connection())
            .await?;
        }
        transaction.commit().await
    }

    /// Returns those of the named files that are stored.
    pub async fn site_files(&self, names: [&str; 2]) -> Result<Vec<SiteFile>, StoreError> {
        let [first, second] = names;
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as("SELECT name, packed FROM site_files WHERE name IN ($1, $2)")
            .bind(first)
            .bind(second)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(|(name, packed)| SiteFile { name, packed }).collect())
    }

    /// Deletes the files of builds that were not served for a month, and beyond the bounds the oldest ones.
    pub async fn prune_site_files(&self, hour: i64) -> Result<(), StoreError> {
        self.prune_site_files_to(hour, MOST_FILES, MOST_BYTES).await
    }

    async fn prune_site_files_to(&self, hour: i64, most_files: usize, most_bytes: u64) -> Result<(), StoreError> {
        let mut transaction = self.begin_transaction().await?;
        let rows: Vec<(i64, i64)> =
            sqlx::query_as("SELECT current_hour, CAST(length(packed) AS BIGINT) FROM site_files ORDER BY current_hour DESC")
                .fetch_all(&mut *transaction.connection())
                .await?;
        let mut last = hour.saturating_sub(KEPT_SECS);
        let mut bytes = 0;
        for (index, (current_hour, length)) in rows.into_iter().enumerate() {
            bytes += unsigned(length)?;
            // The files of one build belong together, so all files of its hour are deleted.
            if (index >= most_files || bytes > most_bytes) && current_hour < hour {
                last = last.max(current_hour);
                break;
            }
        }
        sqlx::query("DELETE FROM site_files WHERE current_hour <= $1").bind(last).execute(transaction.connection()).await?;
        transaction.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::databases;
    use super::*;

    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;
    const NOW: i64 = 20_000 * DAY;

    fn file(name: &str, bytes: usize) -> SiteFile {
        SiteFile { name: name.to_owned(), packed: vec![7; bytes] }
    }

    #[tokio::test]
    async fn files_stay_for_thirty_days_after_their_build_was_last_served() {
        for database in databases().await {
            let store = &database.store;
            store.keep_site_files(&[file("a", 3), file("b", 4)], NOW).await.unwrap();
            store.keep_site_files(&[file("c", 5)], NOW + 40 * DAY).await.unwrap();
            // The first build is served again for a while.
            store.keep_site_files(&[file("a", 3), file("b", 4)], NOW + 50 * DAY).await.unwrap();
            store.prune_site_files(NOW + 70 * DAY).await.unwrap();
            assert_eq!(store.site_files(["c", "none"]).await.unwrap(), [file("c", 5)]);
            store.prune_site_files(NOW + 72 * DAY).await.unwrap();
            assert_eq!(store.site_files(["c", "none"]).await.unwrap(), []);
            let mut both = store.site_files(["b", "a"]).await.unwrap();
            both.sort_by(|one, other| one.name.cmp(&other.name));
            assert_eq!(both, [file("a", 3), file("b", 4)]);
        }
    }

    #[tokio::test]
    async fn the_oldest_builds_are_deleted_when_there_are_too_many() {
        for database in databases().await {
            let store = &database.store;
            for build in 0..5 {
                let names = [format!("{build}-a"), format!("{build}-b")];
                store.keep_site_files(&names.map(|name| file(&name, 10)), NOW + build * HOUR).await.unwrap();
            }
            let there = async || {
                let mut there = Vec::new();
                for build in 0..5 {
                    there.push(store.site_files([&format!("{build}-a"), &format!("{build}-b")]).await.unwrap().len());
                }
                there
            };
            store.prune_site_files_to(NOW + 5 * HOUR, 8, 1000).await.unwrap();
            assert_eq!(there().await, [0, 2, 2, 2, 2]);
            // Half a build is useless.
            store.prune_site_files_to(NOW + 5 * HOUR, 100, 55).await.unwrap();
            assert_eq!(there().await, [0, 0, 0, 2, 2]);
            store.prune_site_files_to(NOW + 4 * HOUR, 1, 1).await.unwrap();
            assert_eq!(there().await, [0, 0, 0, 0, 2]);
        }
    }
}
