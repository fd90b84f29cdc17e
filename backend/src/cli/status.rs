//! `amanat status` shows the deployment's status.

mod mail;

use std::path::{Path, PathBuf};

use amanat_backend::clock::{Clock, hour_text};
use amanat_backend::config::{Database, RetentionRules, RetentionSettings};
use amanat_backend::http::reviewers::distinct_reviewers;
use amanat_backend::store;
use amanat_shared::dates::Day;
use amanat_shared::pack::Pack;
use clap::Args;

use mail::MailConfig;

use super::Failure;
use super::configuration::load;
use super::output::say;
use super::pack::read_signed;
use super::startup::{self, database_failure};

/// Status warns when an unacknowledged registration has at most this many days left.
const REGISTRATION_WARNING_DAYS: i64 = 30;
/// Status warns when the pack has fewer than this many days left.
const PACK_WARNING_DAYS: i64 = 7;
const DAY_SECS: i64 = 86_400;

/// Arguments of `amanat status`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Status {
    /// The configuration, amanat.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A demo's folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Status {
    /// Reads the database and prints its status.
    pub async fn run(self, clock: &Clock) -> Result<(), Failure> {
        let (database, pack, retention, mail) = match (&self.config, &self.dir) {
            (Some(file), _) => {
                let config = load(file)?;
                let reviewers = config.reviewer.into_iter().map(|reviewer| reviewer.name).collect();
                let mail = MailConfig { schedule: config.mail.schedule(), reviewers };
                (config.database, config.pack, config.retention, Some(mail))
            }
            (None, dir) => {
                let dir = dir.as_deref().unwrap_or_else(|| Path::new("."));
                (Database::file(&dir.join("amanat.sqlite")), dir.join("pack.json"), RetentionSettings::default(), None)
            }
        };
        if let Some(path) = database.path().filter(|path| !path.exists()) {
            return Err(Failure::new(
                format!("There is no database at {}.", path.display()),
                "Correct the path; `amanat serve` or `amanat demo` makes it when it first starts.",
            ));
        }
        let store = startup::open_store(&database).await?;
        // The required number of acknowledgements depends on the number of reviewers.
        let pack = read(&pack);
        let rules = retention.rules(pack.as_ref().map_or(0, distinct_reviewers));
        let counts = async {
            let deletions = store.announced(&rules).await?;
            Ok((store.status().await?, deletions, store.notices_waiting().await?, store.mail_states().await?))
        };
        let (status, deletions, waiting, mails) = counts.await.map_err(|error| database_failure(&database, &error))?;
        store.close().await;
        let now = clock.unix_secs();
        say(text(&status, &deletions, &rules, now));
        say(mail::lines(&waiting, &mails, mail.as_ref(), now).join("\n"));
        say(pack_text(&pack?, clock.today()));
        Ok(())
    }
}

/// Reads `pack.json` without verifying its signatures, which `serve` verifies.
fn read(pack: &Path) -> Result<Pack, Failure> {
    serde_json::from_str(&read_signed(pack)?.pack)
        .map_err(|_| Failure::new("pack.json is no pack.", "Put there the pack.json that `amanat pack sign` wrote."))
}

fn text(status: &store::DeploymentStatus, deletions: &[store::AnnouncedDeletion], rules: &RetentionRules, now: i64) -> String {
    let mut lines = vec![format!("registrations       {}, {} bytes", status.registrations, status.bytes)];
    lines.push(format!("in quarantine       {}{}", status.quarantined, if status.quarantined > 0 { ", fetched last" } else { "" }));
    lines.push(match status.oldest_unacknowledged_hour {
        None => format!("not acknowledged    {}", status.unacknowledged),
        Some(hour) => {
            let left = (hour + rules.at_most_secs - now).div_euclid(DAY_SECS);
            let warning = if left <= REGISTRATION_WARNING_DAYS {
                format!(": WARNING, deleted in {} days unless acknowledged", left.max(0))
            } else {
                String::new()
            };
            format!("not acknowledged    {}, the oldest since {}{warning}", status.unacknowledged, hour_text(hour))
        }
    });
    lines.extend(deletions.iter().map(|one| format!("deletion            {one}")));
    lines.push(format!("unfinished uploads  {}", status.unfinished_uploads));
    lines.join("\n")
}

fn pack_text(pack: &Pack, today: Day) -> String {
    let left = pack.expires_day().map_or(0, |expires| expires.days_since(today));
    let valid_days = pack.issued_day().map_or(0, |issued| left + today.days_since(issued));
    let warning = match left {
        ..0 => ": EXPIRED, phones refuse it; sign a new one".to_owned(),
        // A pack of one week does not cause a warning on its first day.
        left if left < PACK_WARNING_DAYS.min((valid_days + 1) / 2) => format!(": WARNING, {left} days left; sign a new one"),
        _ => format!(", {left} days left"),
    };
    format!("pack                serial {}, valid to {}{warning}", pack.serial, pack.expires)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo;

    #[test]
    fn status_warns_before_an_unacknowledged_registration_is_deleted() {
        let mut status = store::DeploymentStatus {
            registrations: 3,
            quarantined: 1,
            unacknowledged: 2,
            oldest_unacknowledged_hour: Some(1_764_000_000),
            unfinished_uploads: 1,
            notices_waiting: 2,
            last_mail_error: None,
            bytes: 99,
        };
        let at = |status: &store::DeploymentStatus, days: i64| {
            text(status, &[], &RetentionSettings::default().rules(2), 1_764_000_000 + days * DAY_SECS)
        };
        assert!(!at(&status, 149).contains("WARNING"), "{}", at(&status, 149));
        assert!(
            at(&status, 150).contains("the oldest since 2025-11-24T16:00Z: WARNING, deleted in 30 days unless acknowledged"),
            "{}",
            at(&status, 150)
        );
        let deletions = [store::AnnouncedDeletion {
            fate: store::DeletionFate::Discarded(20_424),
            by: vec!["a".to_owned(), "b".to_owned()],
            files: 2,
        }];
        let said = text(&status, &deletions, &RetentionSettings::default().rules(3), 0);
        assert!(said.contains("in quarantine       1, fetched last\n"), "{said}");
        assert!(
            said.contains("deletion            2 files will be deleted on 2025-12-02: open for nobody, as a, b say.\n"),
            "{said}"
        );
        status.oldest_unacknowledged_hour = None;
        assert!(!at(&status, 500).contains("WARNING"));
    }

    #[test]
    fn status_warns_when_the_pack_has_less_than_seven_days_left_or_half_of_its_days() {
        let mut pack = demo::tests::pack();
        let expires = pack.expires_day().unwrap();
        assert!(pack_text(&pack, Day(expires.0 - 7)).ends_with(", 7 days left"));
        assert!(pack_text(&pack, Day(expires.0 - 6)).ends_with(": WARNING, 6 days left; sign a new one"));
        assert!(pack_text(&pack, Day(expires.0 + 1)).contains("EXPIRED"));
        pack.issued = Day(expires.0 - 7).iso();
        assert!(pack_text(&pack, Day(expires.0 - 7)).ends_with(", 7 days left"));
        assert!(pack_text(&pack, Day(expires.0 - 4)).ends_with(", 4 days left"));
        assert!(pack_text(&pack, Day(expires.0 - 3)).ends_with(": WARNING, 3 days left; sign a new one"));
    }
}
