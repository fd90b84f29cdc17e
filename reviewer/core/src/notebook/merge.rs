//! Two notebooks become one.

use std::collections::BTreeSet;

use super::{Author, Field, Notebook};

/// A summary of what a merge added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergeSummary {
    /// Cases with another status.
    pub statuses: usize,
    /// Cases that are somebody else's now.
    pub assigned: usize,
    /// The number of notes.
    pub notes: usize,
    /// Notes that somebody erased.
    pub erased: usize,
    /// Entries of the log.
    pub log: usize,
    /// A newer pack than was seen before; zero: none.
    pub newest_pack: u64,
    /// Cases (SHA-256, hex) of which two reviewers wrote something different without knowing of each other.
    pub conflicts: BTreeSet<String>,
    /// The authors of what was added.
    pub authors: BTreeSet<Author>,
}

impl Notebook {
    /// Merges another notebook, and returns what was new. In any order, any number of times, the result is the same.
    pub fn merge(&mut self, other: Self) -> MergeSummary {
        let mut news = MergeSummary::default();
        for (sha256, theirs) in other.cases {
            let ours = self.cases.entry(sha256.clone()).or_default();
            let (of_status, of_owner) = (take_in(&mut ours.status, theirs.status), take_in(&mut ours.assigned, theirs.assigned));
            news.statuses += usize::from(of_status.another);
            news.assigned += usize::from(of_owner.another);
            news.authors.extend(of_status.authors.into_iter().chain(of_owner.authors));
            if of_status.conflict || of_owner.conflict {
                news.conflicts.insert(sha256);
            }
            for id in theirs.erased {
                news.erased += usize::from(ours.notes.iter().any(|note| note.id == id));
                ours.erased.insert(id);
            }
            let erased = &ours.erased;
            ours.notes.retain(|note| !erased.contains(&note.id));
            for note in theirs.notes {
                if !ours.notes.contains(&note) && !ours.erased.contains(&note.id) {
                    news.notes += 1;
                    news.authors.insert(note.author.clone());
                    ours.notes.insert(note);
                }
            }
        }
        if other.newest_pack > self.newest_pack {
            news.newest_pack = other.newest_pack;
            self.see_pack(other.newest_pack);
        }
        for logged in other.log {
            if !self.log.contains(&logged) {
                news.log += 1;
                news.authors.insert(logged.author.clone());
                self.log.insert(logged);
            }
        }
        news
    }
}

/// The effect of a merge on a field.
#[derive(Default)]
struct Taken {
    /// Another value counts, or a conflict is settled.
    another: bool,
    /// There is a conflict that was not there before.
    conflict: bool,
    /// The authors of the new values.
    authors: Vec<Author>,
}

fn take_in<T: Ord + Clone>(ours: &mut Field<T>, theirs: Field<T>) -> Taken {
    let before = ours.clone();
    ours.merge(theirs);
    let new = ours.now().difference(before.now());
    let value = |field: &Field<T>| field.last().map(|written| written.value.clone());
    let conflict = !ours.conflict().is_empty();
    if value(ours) == value(&before) && conflict != before.conflict().is_empty() && ours.conflict().len() == before.conflict().len()
    {
        return Taken::default();
    }
    let another = value(ours) != value(&before) || !conflict;
    Taken { another, conflict, authors: new.map(|written| written.author.clone()).collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::notebook::{Event, Stamp, Status};

    fn merged(mut one: Notebook, other: &Notebook) -> Notebook {
        one.merge(other.clone());
        one
    }

    /// Few cases, authors and seconds, so that they collide.
    fn notebook() -> impl Strategy<Value = Notebook> {
        let write = (0_u8..3, 0_u8..5, 0_u64..4, 0_usize..7, 0_u8..3);
        (prop::collection::vec(write, 0..12), 0_u64..4).prop_map(|(writes, pack)| {
            let mut notebook = Notebook::default();
            notebook.see_pack(pack);
            for (case, what, now, value, author) in writes {
                let sha256 = format!("{case:064x}");
                let names = ["Ali", "کریمه", "Zia"];
                let stamp = Stamp { author: Author::new(names[usize::from(author)]).unwrap(), now };
                let other = names.get(value % 4).and_then(|name| Author::new(name));
                match what {
                    0 => notebook.set_status(&sha256, Status::ALL[value], &stamp).unwrap(),
                    1 => notebook.assign(&sha256, other, &stamp).unwrap(),
                    2 => notebook.add_note(&sha256, [author; 16], &format!("note {value}"), &stamp).unwrap(),
                    3 => notebook.erase_notes(&sha256).unwrap(),
                    _ => notebook.add_event([author; 16], Event::Did(format!("did {value}")), &stamp).unwrap(),
                }
            }
            notebook
        })
    }

    proptest! {
        #[test]
        fn the_order_of_two_does_not_matter(a in notebook(), b in notebook()) {
            prop_assert_eq!(merged(a.clone(), &b), merged(b, &a));
        }

        #[test]
        fn the_order_of_three_does_not_matter(a in notebook(), b in notebook(), c in notebook()) {
            prop_assert_eq!(merged(merged(a.clone(), &b), &c), merged(a, &merged(b, &c)));
        }

        #[test]
        fn merging_again_changes_nothing_and_is_no_news(a in notebook(), b in notebook()) {
            let once = merged(a, &b);
            let mut twice = once.clone();
            prop_assert_eq!(twice.merge(b), MergeSummary::default());
            prop_assert_eq!(twice, once);
        }

        #[test]
        fn no_note_is_lost_but_what_was_erased_and_no_entry_of_the_log_ever(a in notebook(), b in notebook()) {
            let both = merged(a.clone(), &b);
            for part in [a, b] {
                for (sha256, work) in part.cases() {
                    let (notes, erased) = (&both.work(sha256).unwrap().notes, &both.work(sha256).unwrap().erased);
                    prop_assert!(work.notes.iter().all(|note| notes.contains(note) != erased.contains(&note.id)));
                    prop_assert!(work.erased.is_subset(erased));
                }
                prop_assert!(part.log.is_subset(&both.log));
            }
        }
    }

    #[test]
    fn an_erased_note_does_not_come_back_from_another_notebook() {
        let sha256 = "ab".repeat(32);
        let stamp = Stamp { author: Author::new("Ali").unwrap(), now: 1 };
        let mut ours = Notebook::default();
        ours.add_note(&sha256, [1; 16], "hides in Quetta", &stamp).unwrap();
        let mut theirs = ours.clone();
        ours.erase_notes(&sha256).unwrap();
        ours.merge(theirs.clone());
        assert!(ours.work(&sha256).unwrap().notes.is_empty());
        assert_eq!(theirs.merge(ours).erased, 1);
        assert!(theirs.work(&sha256).unwrap().notes.is_empty());
    }

    #[test]
    fn a_merge_says_what_it_brought_and_whose_words_they_are() {
        let sha256 = "ab".repeat(32);
        let stamp = |name: &str, now| Stamp { author: Author::new(name).unwrap(), now };
        let (mut ours, mut theirs) = (Notebook::default(), Notebook::default());
        ours.set_status(&sha256, Status::Checking, &stamp("Karima", 9)).unwrap();
        theirs.set_status(&sha256, Status::Closed, &stamp("Zia", 5)).unwrap();
        theirs.add_note(&sha256, [1; 16], "seen", &stamp("Ali", 5)).unwrap();
        let news = ours.merge(theirs);
        assert_eq!((news.statuses, news.notes, news.authors.len()), (0, 1, 2), "an older status does not count");
        assert_eq!(news.conflicts, BTreeSet::from([sha256.clone()]));
        let work = ours.work(&sha256).unwrap();
        assert_eq!(work.status(), Status::Checking);
        let lines = work.conflicts();
        assert!(lines.len() == 1 && lines[0].contains("checking (Karima") && lines[0].contains("closed (Zia"), "{lines:?}");
    }
}
