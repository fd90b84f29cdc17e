//! A summary of the server's log: what others did, and what was done with the reviewer's own key elsewhere.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use amanat_reviewer_core::safe_text;
use amanat_shared::audit::{Action, Entry};

use crate::request_ledger::Own;

/// Actions under one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Pages of the list and of the log.
    pub looked: usize,
    /// Distinct files.
    pub fetched: usize,
    /// Files.
    pub acknowledged: usize,
    /// Files that open for nobody, as they say.
    pub discarded: usize,
    /// Files to whose deletion they object, or object no longer.
    pub objected: usize,
    /// Requests in which nothing was new and right, and what this version does not know.
    pub other: usize,
}

/// A summary of the log since it was last seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AuditSummary {
    /// Whether it had not been seen before.
    pub first: bool,
    /// Actions of others, by name.
    pub others: BTreeMap<String, Activity>,
    /// Actions with our access key from a copy of this folder.
    pub copies: Activity,
    /// Actions with our access key by somebody who has none of our folders.
    pub elsewhere: Activity,
    /// Files that were deleted as acknowledged.
    pub deleted_acknowledged: usize,
    /// Files that were deleted as opening for nobody.
    pub deleted_discarded: usize,
    /// Files that were deleted since they were too old.
    pub deleted_expired: usize,
}

impl AuditSummary {
    /// Reads it out of entries: `name` is ours in the pack, `own` what was asked from here.
    pub(super) fn of(entries: &[Entry], name: &str, own: &Own, first: bool) -> Self {
        let mut news = Self { first, ..Self::default() };
        let mut fetched = HashSet::new();
        for entry in entries {
            let action = Action::of(&entry.action);
            match action {
                Some(Action::DeleteAcknowledged) => news.deleted_acknowledged += 1,
                Some(Action::DeleteDiscarded) => news.deleted_discarded += 1,
                Some(Action::DeleteExpired) => news.deleted_expired += 1,
                _ if own.sent(&entry.request) => {}
                _ => {
                    let deeds = match &entry.reviewer {
                        other if other != name => news.others.entry(other.clone()).or_default(),
                        _ if own.sent_by_a_copy(&entry.request) => &mut news.copies,
                        _ => &mut news.elsewhere,
                    };
                    match action {
                        Some(Action::List | Action::Audit) => deeds.looked += 1,
                        // A file that came in parts is one.
                        Some(Action::Fetch) => deeds.fetched += usize::from(fetched.insert((&entry.reviewer, &entry.subject))),
                        Some(Action::Acknowledge) => deeds.acknowledged += 1,
                        Some(Action::Discard) => deeds.discarded += 1,
                        Some(Action::Object | Action::Withdraw) => deeds.objected += 1,
                        _ => deeds.other += 1,
                    }
                }
            }
        }
        news
    }
}

/// `fetched 12, acknowledged 3`.
impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("fetched", self.fetched),
            ("acknowledged", self.acknowledged),
            ("said to open for nobody:", self.discarded),
            ("objections:", self.objected),
            ("other requests:", self.other),
        ];
        let said: Vec<String> =
            parts.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{what} {count}")).collect();
        f.write_str(if said.is_empty() { "looked, and fetched nothing" } else { "" })?;
        f.write_str(&said.join(", "))
    }
}

/// One line, and a second one where there is something to worry about.
impl fmt::Display for AuditSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said: Vec<String> = self.others.iter().map(|(name, deeds)| format!("{} {deeds}", safe_text::safe(name))).collect();
        for (count, why) in [
            (self.deleted_acknowledged, "acknowledged"),
            (self.deleted_discarded, "opening for nobody"),
            (self.deleted_expired, "too old"),
        ] {
            if count > 0 {
                said.push(format!("{count} deleted as {why}"));
            }
        }
        let since = if self.first { "before this folder's first pull" } else { "since your last pull" };
        let said = if said.is_empty() { "nothing".to_owned() } else { said.join("; ") };
        write!(f, "What others did {since}: {said}.")?;
        if self.copies != Activity::default() {
            write!(
                f,
                "\nWhat you did yourself {since} in a copy of this folder, or on another computer with it: {}. If you have no such copy, tell the coalition.",
                self.copies
            )?;
        }
        match &self.elsewhere {
            none if *none == Activity::default() => Ok(()),
            before if self.first => write!(
                f,
                "\nYour access key was used before this folder's first pull, and this computer does not know by whom: {before}. If neither you nor an earlier version of this program on another computer did that, tell the coalition."
            ),
            elsewhere => write!(
                f,
                "\nWARNING: your access key was used elsewhere {since}: {elsewhere}. If you did not do that yourself on another computer that never had this folder, the key is stolen: tell the coalition at once, so that the next pack leaves it out."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(reviewer: &str, action: &str, subject: &str, request: &str) -> Entry {
        Entry {
            seq: 0,
            hour: 0,
            reviewer: reviewer.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            request: request.to_owned(),
            hash: String::new(),
        }
    }

    #[test]
    fn others_deletions_and_a_stolen_key_are_told_and_our_own_requests_are_not() {
        let entries = [
            entry("me", "list", "", "mine"),
            entry("second", "fetch", "x", "1"),
            entry("second", "fetch", "x", "2"),
            entry("second", "fetch", "y", "3"),
            entry("second", "acknowledge", "x", "4"),
            entry("third", "list", "", "5"),
            entry("", "delete_acknowledged", "x", ""),
            entry("", "delete_acknowledged", "y", ""),
            entry("", "delete_expired", "z", ""),
        ];
        let ours = Own::of(&["mine"]);
        let news = AuditSummary::of(&entries, "me", &ours, false);
        assert_eq!(
            news.to_string(),
            "What others did since your last pull: second fetched 2, acknowledged 1; third looked, and fetched nothing; 2 deleted as acknowledged; 1 deleted as too old."
        );
        let stolen = [entry("me", "fetch", "x", "theirs"), entry("me", "burn", "", "theirs"), entry("me", "audit", "", "mine")];
        let said = AuditSummary::of(&stolen, "me", &ours, false).to_string();
        assert!(said.starts_with("What others did since your last pull: nothing.\nWARNING: your access key was used elsewhere since your last pull: fetched 1, other requests: 1."), "{said}");
        let said = AuditSummary::of(&stolen, "me", &ours, true).to_string();
        assert!(
            !said.contains("WARNING")
                && said.contains(
                    "Your access key was used before this folder's first pull, and this computer does not know by whom: fetched 1"
                ),
            "{said}"
        );
        let hostile = AuditSummary::of(&[entry("\u{1b}[31m\nx", "list", "", "")], "me", &ours, false).to_string();
        assert!(!hostile.contains('\u{1b}') && hostile.lines().count() == 1, "{hostile}");
    }
}
