//! What the mail says.

use std::time::{Duration, UNIX_EPOCH};

use amanat_shared::api::hex;
use lettre::Message;
use lettre::message::header::ContentType;
use sha2::{Digest, Sha256};

use crate::config::{Address, Reviewer};

/// What is the same in every mail.
#[derive(Clone, Debug)]
pub struct Wording {
    /// The sender.
    pub from: Address,
    /// The subject.
    pub subject: String,
    /// Whether the mail says how many files wait.
    pub count: bool,
    /// The site, for the command in the text. A mailbox may be searched, so only the demo's mail names it.
    pub server: Option<String>,
}

/// What waits for one reviewer.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// SHA-256 of each file that this mail speaks of.
    pub files: &'a [[u8; 32]],
    /// The Unix time that the mail bears: its place on the fixed clock.
    pub at_secs: i64,
}

impl Wording {
    /// The mail to one reviewer.
    pub fn message(&self, reviewer: &Reviewer, waiting: Waiting<'_>) -> Result<Message, lettre::error::Error> {
        self.mail(reviewer, &self.text(waiting.files.len()), &self.id(reviewer, waiting), waiting.at_secs)
    }

    /// A mail that says that it is a test.
    pub fn test_message(&self, reviewer: &Reviewer, at_secs: i64) -> Result<Message, lettre::error::Error> {
        let text = "This is a test: mail from here arrives. Nothing waits because of it.\r\n";
        self.mail(reviewer, text, &self.id(reviewer, Waiting { files: &[], at_secs }), at_secs)
    }

    fn mail(&self, reviewer: &Reviewer, text: &str, id: &str, at_secs: i64) -> Result<Message, lettre::error::Error> {
        Message::builder()
            .from(self.from.0.clone())
            .to(reviewer.address.0.clone())
            .subject(self.subject.clone())
            .message_id(Some(id.to_owned()))
            .date(UNIX_EPOCH + Duration::from_secs(at_secs.unsigned_abs()))
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())
    }

    fn text(&self, files: usize) -> String {
        let what = match (files, self.count) {
            (0, _) => "Nothing new waits.".to_owned(),
            (_, false) => "Something waits.".to_owned(),
            (1, true) => "1 file waits.".to_owned(),
            (_, true) => format!("{files} files wait."),
        };
        let server = self.server.as_deref().unwrap_or("URL");
        let how = format!(
            "To fetch, on the computer that goes online:\n\n    \
             amanat-reviewer pull --server {server} --access FILE --out DIR\n\n\
             Then open on the computer that stays offline.\n"
        );
        let text = if files == 0 { format!("{what}\n") } else { format!("{what}\n\n{how}") };
        text.replace('\n', "\r\n")
    }

    /// The same files to the same reviewer make the same id: a mail sent twice because the program was stopped between
    /// sending and noting it is known as one.
    fn id(&self, reviewer: &Reviewer, waiting: Waiting<'_>) -> String {
        let mut files = waiting.files.to_vec();
        files.sort_unstable();
        let mut hash = Sha256::new().chain_update(b"amanat mail\0").chain_update(reviewer.name.as_bytes()).chain_update([0]);
        for file in &files {
            hash.update(file);
        }
        if files.is_empty() {
            hash.update(waiting.at_secs.to_be_bytes());
        }
        format!("<{}@{}>", hex(&hash.finalize()[..16]), self.from.0.email.domain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wording(count: bool) -> Wording {
        Wording { from: Address("Desk <desk@example.org>".parse().unwrap()), subject: "Waiting".to_owned(), count, server: None }
    }

    fn reviewer() -> Reviewer {
        Reviewer { name: "reviewer-1".to_owned(), address: Address("one@example.net".parse().unwrap()) }
    }

    fn mail(wording: &Wording, files: &[[u8; 32]]) -> String {
        let message = wording.message(&reviewer(), Waiting { files, at_secs: 1_764_000_000 }).unwrap();
        String::from_utf8(message.formatted()).unwrap()
    }

    #[test]
    fn a_mail_says_that_something_waits_and_no_more() {
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
    fn the_count_is_of_files_and_only_if_asked_for() {
        assert!(mail(&wording(true), &[[1; 32]]).contains("\r\n1 file waits.\r\n"));
        assert!(mail(&wording(true), &[[1; 32], [2; 32]]).contains("\r\n2 files wait.\r\n"));
        assert!(mail(&wording(true), &[]).ends_with("\r\n\r\nNothing new waits.\r\n"));
    }

    #[test]
    fn the_same_files_make_the_same_message_id_in_any_order() {
        let id = |files: &[[u8; 32]]| wording(false).id(&reviewer(), Waiting { files, at_secs: 7 });
        assert_eq!(id(&[[1; 32], [2; 32]]), id(&[[2; 32], [1; 32]]));
        assert_ne!(id(&[[1; 32]]), id(&[[2; 32]]));
        assert!(id(&[[1; 32]]).ends_with("@example.org>"));
    }
}
