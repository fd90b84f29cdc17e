//! The format in which a saved draft holds entries: one row an entry, `[path, kind, values…]`, the row of a repeat before the
//! rows of its items.

use amanat_shared::answers::{Entries, Entry, FileEntry};
use amanat_shared::dates::DateEntry;

use super::attachments::{AttachedFile, media_type};
use super::date_names::{calendar_from, calendar_name, precision_from, precision_name};

/// The most items of a repeat that a draft may bring.
const MAX_ITEMS: usize = 99;

/// Calls `push` with path, kind and values of each row. `prefix` is the path of what holds the entries.
pub fn serialize_entries(entries: &Entries, prefix: &str, push: &mut dyn FnMut(&str, &str, &[&str])) {
    for (name, entry) in &entries.0 {
        let path = [prefix, name].concat();
        let mut push_row = |kind: &str, values: &[&str]| push(&path, kind, values);
        match entry {
            Entry::Text(text) => push_row("text", &[text]),
            Entry::Many(names) => push_row("many", &names.iter().map(|name| &**name).collect::<Vec<_>>()),
            Entry::Acknowledged(_) => push_row("tick", &[]),
            Entry::Date(date) => {
                let [calendar, precision] = [calendar_name(date.calendar), precision_name(date.precision)];
                push_row("date", &[calendar, precision, &date.year, &date.month, &date.day, &date.age]);
            }
            Entry::Files(files) => push_row("files", &files.iter().map(|file| &*file.name).collect::<Vec<_>>()),
            Entry::Group(inner) => serialize_entries(inner, &[&path, "/"].concat(), push),
            Entry::Repeat(items) => {
                push_row("items", &[&items.len().to_string()]);
                for (index, item) in items.iter().enumerate() {
                    serialize_entries(item, &[&path, "/", &index.to_string(), "/"].concat(), push);
                }
            }
        }
    }
}

/// Reads a row: the path and its entry. Attached files that the row names become answers to its question.
pub fn deserialize_entry(row: &[String], files: &mut [AttachedFile]) -> Option<(String, Entry)> {
    let [path, kind, values @ ..] = row else { return None };
    let value = |at: usize| values.get(at).cloned().unwrap_or_default();
    let entry = match &**kind {
        "text" => Entry::Text(value(0)),
        "many" => Entry::Many(values.to_vec()),
        "tick" => Entry::Acknowledged(true),
        "date" => Entry::Date(DateEntry {
            calendar: calendar_from(&value(0)),
            precision: precision_from(&value(1)),
            year: value(2),
            month: value(3),
            day: value(4),
            age: value(5),
        }),
        "files" => {
            let mut entries = Vec::new();
            for file in files.iter_mut().filter(|file| values.contains(&file.name)) {
                file.question.clone_from(path);
                let (name, media_type) = (file.name.clone(), media_type(&file.name).to_owned());
                entries.push(FileEntry { name, media_type, bytes: file.bytes.length().into() });
            }
            Entry::Files(entries)
        }
        "items" => Entry::Repeat(vec![Entries::default(); value(0).parse().ok().filter(|items| *items <= MAX_ITEMS)?]),
        _ => return None,
    };
    Some((path.clone(), entry))
}

#[cfg(test)]
mod tests {
    use amanat_shared::answers::{Entries, Entry};
    use amanat_shared::dates::{Calendar, DateEntry, Precision};

    use super::super::entries::set_entry;
    use super::{deserialize_entry, serialize_entries};

    fn restored(entries: &Entries) -> Entries {
        let mut restored = Entries::default();
        serialize_entries(entries, "", &mut |path, kind, values| {
            let row = row(&[&[path, kind], values].concat());
            let (path, entry) = deserialize_entry(&row, &mut []).expect("the row was just written");
            set_entry(&mut restored, &path.split('/').collect::<Vec<_>>(), Some(entry));
        });
        restored
    }

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn entries_of_every_kind_survive_a_round_trip() {
        let mut entries = Entries::default();
        let mut set = |path: &str, entry| set_entry(&mut entries, &path.split('/').collect::<Vec<_>>(), Some(entry));
        set("name", Entry::Text("زرغونه".to_owned()));
        set("role", Entry::Many(vec!["judge".to_owned(), "lawyer".to_owned()]));
        set("consent", Entry::Acknowledged(true));
        for (path, calendar, precision) in [
            ("birth", Calendar::Solar, Precision::AgeInYear),
            ("from", Calendar::Gregorian, Precision::Month),
            ("to", Calendar::Lunar, Precision::Ongoing),
        ] {
            let [year, month, day, age] = ["1398", "2", "30", "25"].map(str::to_owned);
            set(path, Entry::Date(DateEntry { calendar, precision, year, month, day, age }));
        }
        set("contact/number", Entry::Text("0700".to_owned()));
        set("family", Entry::Repeat(vec![Entries::default(); 2]));
        set("family/1/name", Entry::Text("Laila".to_owned()));
        assert_eq!(restored(&entries), entries);
    }

    #[test]
    fn a_row_that_is_not_understood_is_skipped() {
        assert!(deserialize_entry(&[], &mut []).is_none());
        assert!(deserialize_entry(&row(&["name"]), &mut []).is_none());
        assert!(deserialize_entry(&row(&["name", "sound", "x"]), &mut []).is_none());
    }

    #[test]
    fn a_repeat_of_absurdly_many_items_is_skipped() {
        assert!(deserialize_entry(&row(&["family", "items", "99"]), &mut []).is_some());
        assert!(deserialize_entry(&row(&["family", "items", "100"]), &mut []).is_none());
        assert!(deserialize_entry(&row(&["family", "items", "-1"]), &mut []).is_none());
    }
}
