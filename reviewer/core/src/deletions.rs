//! Requests of reviewers to delete registrations, in words. They come from the server: they are shown, never acted on.

use std::collections::BTreeMap;
use std::fmt;

use amanat_shared::api::Listed;

use crate::safe_text;

/// The maximum number of lines: a hostile server cannot fill a terminal.
const MOST_LINES: usize = 20;

/// Registrations that are to be deleted before their time or kept by an objection: the number of files by line of text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Deletions(BTreeMap<String, usize>);

impl Deletions {
    /// Notes what the list says of one registration.
    pub fn note(&mut self, listed: &Listed) {
        let Some(deletion) = &listed.deletion else { return };
        let names = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| safe_text::safe(name)).collect();
            names.join(", ")
        };
        let line = match &deletion.due {
            _ if !deletion.objected.is_empty() => format!("kept, since these object: {}", names(&deletion.objected)),
            Some(due) if deletion.acknowledged.is_empty() => {
                format!("deleted from {} on: open for nobody, as these say: {}", safe_text::safe(due), names(&deletion.discarded))
            }
            Some(due) => format!("deleted from {} on: acknowledged by {}", safe_text::safe(due), names(&deletion.acknowledged)),
            None if !deletion.discarded.is_empty() => {
                format!("kept for the present: open for nobody, as so far only these say: {}", names(&deletion.discarded))
            }
            None => return,
        };
        *self.0.entry(line).or_default() += 1;
    }

    /// Whether nothing is to be said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A line for each reason, and what to do about it.
impl fmt::Display for Deletions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (line, files) in self.0.iter().take(MOST_LINES) {
            writeln!(f, "{files} {line}.")?;
        }
        if self.0.len() > MOST_LINES {
            writeln!(f, "… and {} more such lines.", self.0.len() - MOST_LINES)?;
        }
        f.write_str(
            "If your name stands here and it was not you, or if one of these must stay, object: amanat-reviewer object --all",
        )
    }
}

#[cfg(test)]
mod tests {
    use amanat_shared::api::Deletion;

    use super::*;

    fn said(deletion: Deletion) -> String {
        let mut all = Deletions::default();
        let listed =
            Listed { sha256: "0".repeat(64), bytes: 1, received: String::new(), quarantine: false, deletion: Some(deletion) };
        all.note(&listed);
        all.note(&listed);
        if all.is_empty() { String::new() } else { all.to_string().lines().next().unwrap().to_owned() }
    }

    #[test]
    fn who_asked_for_a_deletion_is_told_and_nothing_of_it_commands_the_terminal() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let due = || Some("2026-11-30T07:00Z".to_owned());
        let (acknowledged, discarded) = (names(&["one", "two"]), names(&["two"]));
        assert_eq!(
            said(Deletion { due: due(), acknowledged: acknowledged.clone(), ..Deletion::default() }),
            "2 deleted from 2026-11-30T07:00Z on: acknowledged by one, two."
        );
        assert_eq!(
            said(Deletion { due: due(), discarded: discarded.clone(), ..Deletion::default() }),
            "2 deleted from 2026-11-30T07:00Z on: open for nobody, as these say: two."
        );
        assert_eq!(
            said(Deletion { acknowledged, objected: names(&["three"]), ..Deletion::default() }),
            "2 kept, since these object: three."
        );
        assert!(said(Deletion { discarded, ..Deletion::default() }).starts_with("2 kept for the present: open for nobody"));
        assert_eq!(said(Deletion { acknowledged: names(&["one"]), ..Deletion::default() }), "", "too few, and no alarm");
        let hostile =
            said(Deletion { due: Some("\u{1b}[2J\n".to_owned()), acknowledged: names(&["\u{1b}x"]), ..Deletion::default() });
        assert!(!hostile.contains('\u{1b}'), "{hostile}");
    }
}
