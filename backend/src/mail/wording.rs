//! The text of the mail.

use std::time::{Duration, UNIX_EPOCH};

use amanat_shared::api::hex;
use lettre::Message;
use lettre::message::header::ContentType;

use crate::config::{MailAddress, Reviewer};
use crate::store::{Notification, notification_id};

/// Longest line of a paragraph.
const MAX_LINE_CHARS: usize = 72;

/// Settings that are the same for every mail.
#[derive(Clone, Debug)]
pub struct Wording {
    /// The sender.
    pub from: MailAddress,
    /// The subject.
    pub subject: String,
    /// Whether the mail tells the number of waiting files.
    pub count: bool,
    /// The site in the printed command. A mailbox may be searched, so only the demo's mail names it.
    pub server: Option<String>,
}

impl Wording {
    /// Builds the mail to one reviewer, dated with its slot. It has the same bytes however often it is sent.
    pub fn message(&self, reviewer: &Reviewer, notification: &Notification) -> Result<Message, lettre::error::Error> {
        self.mail(reviewer, &self.text(notification), &notification.id, notification.slot)
    }

    /// Builds a mail that says that it is a test.
    pub fn test_message(&self, reviewer: &Reviewer, at_secs: i64) -> Result<Message, lettre::error::Error> {
        let text = "This is a test: mail from here arrives. Nothing waits because of it.\r\n";
        self.mail(reviewer, text, &notification_id(&format!("{}\0test", reviewer.name), at_secs, &[]), at_secs)
    }

    fn mail(&self, reviewer: &Reviewer, text: &str, id: &[u8; 32], at_secs: i64) -> Result<Message, lettre::error::Error> {
        Message::builder()
            .from(self.from.0.clone())
            .to(reviewer.address.0.clone())
            .subject(self.subject.clone())
            .message_id(Some(format!("<{}@{}>", hex(&id[..16]), self.from.0.email.domain())))
            .date(UNIX_EPOCH + Duration::from_secs(at_secs.unsigned_abs()))
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())
    }

    fn text(&self, notification: &Notification) -> String {
        let what = match (notification.files, self.count) {
            (0, _) => "Nothing new waits.".to_owned(),
            (_, false) => "Something waits.".to_owned(),
            (1, true) => "1 file waits.".to_owned(),
            (files, true) => format!("{files} files wait."),
        };
        let warning = match (notification.expiring, self.count) {
            (0, _) => "",
            (_, false) => "Something that nobody has acknowledged will be deleted within 30 days.\n\n",
            (1, true) => "1 file that nobody has acknowledged will be deleted within 30 days.\n\n",
            (files, true) => &format!("{files} files that nobody has acknowledged will be deleted within 30 days.\n\n"),
        };
        let quarantine = match (notification.quarantined, self.count) {
            (0, _) => String::new(),
            (_, false) => {
                "More came in some hour than is usual. What came beyond that is in quarantine: kept alike, and fetched last."
                    .to_owned()
            }
            (1, true) => "1 of them is in quarantine, since more came than is usual: kept alike, and fetched last.".to_owned(),
            (some, true) => {
                format!("{some} of them are in quarantine, since more came than is usual: kept alike, and fetched last.")
            }
        };
        let quarantine = if quarantine.is_empty() { quarantine } else { format!("{}\n\n", wrapped(&quarantine)) };
        let server = self.server.as_deref().unwrap_or("URL");
        let deletions = deletions(notification, server);
        let how = format!(
            "To fetch, on the computer that goes online:\n\n    \
             amanat-reviewer pull --server {server} --access FILE --out DIR\n\n\
             Then open on the computer that stays offline.\n"
        );
        let quiet = notification.files + notification.expiring == 0 && deletions.is_empty();
        let text = if quiet { format!("{what}\n") } else { format!("{what}\n\n{quarantine}{warning}{deletions}{how}") };
        text.replace('\n', "\r\n")
    }
}

/// Describes who wants which files deleted, and what to do about it. Numbers and names are told whatever [`Wording::count`] is,
/// because without them nobody could notice that another person used their key.
fn deletions(notification: &Notification, server: &str) -> String {
    if notification.deletions.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = notification.deletions.iter().map(|one| format!("{}\n", wrapped(&one.to_string()))).collect();
    let stolen = wrapped(
        "If your name stands here and you did not say so, somebody else has your access key: tell the coalition at once. \
         Whoever objects keeps those files:",
    );
    format!("{}\n{stolen}\n\n    amanat-reviewer object --server {server} --access FILE --out DIR --all\n\n", lines.concat())
}

/// Wraps a line between words, so that mail software need not break it within one.
fn wrapped(line: &str) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for word in line.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > MAX_LINE_CHARS {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{AnnouncedDeletion, DeletionFate};

    fn wording(count: bool) -> Wording {
        Wording {
            from: MailAddress("Desk <desk@example.org>".parse().unwrap()),
            subject: "Waiting".to_owned(),
            count,
            server: None,
        }
    }

    fn reviewer() -> Reviewer {
        Reviewer { name: "reviewer-1".to_owned(), address: MailAddress("one@example.net".parse().unwrap()) }
    }

    fn mail(wording: &Wording, files: &[[u8; 32]]) -> String {
        warning(wording, files, 0)
    }

    fn warning(wording: &Wording, files: &[[u8; 32]], expiring: u64) -> String {
        announced_before(wording, &Notification { expiring, ..notification(files) })
    }

    fn notification(files: &[[u8; 32]]) -> Notification {
        let slot = 1_764_000_000;
        let id = notification_id("reviewer-1", slot, files);
        Notification { slot, files: files.len() as u64, quarantined: 0, expiring: 0, deletions: Vec::new(), id, failures: 0 }
    }

    fn announced_before(wording: &Wording, notification: &Notification) -> String {
        let message = wording.message(&reviewer(), notification).unwrap();
        String::from_utf8(message.formatted()).unwrap()
    }

    #[test]
    fn a_mail_announces_deletions_with_number_day_reviewers_and_advice() {
        let by = vec!["reviewer-1".to_owned(), "reviewer-3".to_owned()];
        let deletions = vec![
            AnnouncedDeletion { fate: DeletionFate::Acknowledged(20_423), by: by.clone(), files: 12 },
            AnnouncedDeletion { fate: DeletionFate::Discarded(20_424), by, files: 1 },
        ];
        for count in [false, true] {
            let text = announced_before(&wording(count), &Notification { deletions: deletions.clone(), ..notification(&[]) });
            let expected = "Nothing new waits.\r\n\r\n\
                12 files will be deleted on 2025-12-01: acknowledged by reviewer-1,\r\nreviewer-3.\r\n\
                1 file will be deleted on 2025-12-02: opens for nobody, as reviewer-1,\r\nreviewer-3 say.\r\n\r\n\
                If your name stands here and you did not say so,";
            assert!(text.contains(expected), "{text}");
            assert!(text.contains("    amanat-reviewer object --server URL --access FILE --out DIR --all\r\n"), "{text}");
            assert!(!text.contains("registration") && !text.contains("0101"), "{text}");
            assert!(text.contains("7bit") || !text.contains("=\r\n"), "lines that a person can read: {text}");
        }
    }

    #[test]
    fn a_mail_mentions_quarantine_and_its_number_only_if_configured() {
        let some = Notification { quarantined: 1, ..notification(&[[1; 32], [2; 32]]) };
        let text = announced_before(&wording(true), &some);
        assert!(text.contains("2 files wait.\r\n\r\n1 of them is in quarantine"), "{text}");
        let text = announced_before(&wording(false), &some);
        assert!(text.contains("Something waits.\r\n\r\nMore came in some hour than is usual."), "{text}");
        assert!(!announced_before(&wording(true), &notification(&[[1; 32]])).contains("quarantine"));
    }

    #[test]
    fn a_mail_says_only_that_something_waits() {
        let text = mail(&wording(false), &[[1; 32], [2; 32]]);
        assert!(text.contains("\r\n\r\nSomething waits.\r\n"), "{text}");
        assert!(text.contains("Subject: Waiting\r\n") && text.contains("Date: Mon, 24 Nov 2025 16:00:00 +0000\r\n"), "{text}");
        assert!(text.contains("amanat-reviewer pull --server URL --access FILE --out DIR"), "{text}");
        assert!(!text.contains('2') || !text.contains("files"), "no count: {text}");
        for word in ["Afghan", "registration", "justice", "judge", "0101"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }

    #[test]
    fn the_number_of_files_is_told_only_if_configured() {
        assert!(mail(&wording(true), &[[1; 32]]).contains("\r\n1 file waits.\r\n"));
        assert!(mail(&wording(true), &[[1; 32], [2; 32]]).contains("\r\n2 files wait.\r\n"));
        assert!(mail(&wording(true), &[]).ends_with("\r\n\r\nNothing new waits.\r\n"));
    }

    #[test]
    fn a_mail_warns_of_files_that_will_be_deleted() {
        let text = warning(&wording(false), &[], 2);
        let expected =
            "Nothing new waits.\r\n\r\nSomething that nobody has acknowledged will be deleted within 30 days.\r\n\r\nTo fetch,";
        assert!(text.contains(expected), "{text}");
        assert!(
            warning(&wording(true), &[[1; 32]], 1).contains("1 file waits.\r\n\r\n1 file that nobody has acknowledged will be")
        );
        assert!(warning(&wording(true), &[], 2).contains("\r\n2 files that nobody has acknowledged will be deleted"));
    }

    #[test]
    fn the_message_id_depends_on_files_slot_and_reviewer() {
        let id = |reviewer: &str, slot: i64, files: &[[u8; 32]]| notification_id(reviewer, slot, files);
        let one = id("a", 7, &[[1; 32], [2; 32]]);
        assert_eq!(one, id("a", 7, &[[2; 32], [1; 32]]));
        for other in [id("a", 7, &[[1; 32]]), id("a", 8, &[[1; 32], [2; 32]]), id("b", 7, &[[1; 32], [2; 32]])] {
            assert_ne!(one, other);
        }
        let text = mail(&wording(false), &[[1; 32]]);
        let header = text.lines().find(|line| line.starts_with("Message-ID: ")).unwrap();
        assert_eq!(header, format!("Message-ID: <{}@example.org>", hex(&id("reviewer-1", 1_764_000_000, &[[1; 32]])[..16])));
    }
}
