//! Entries by path: `question`, `group/question`, `repeat/0/question`.

use amanat_shared::answers::{Entries, Entry, FileEntry};
use amanat_shared::dates::DateEntry;
use js_sys::Array;

use super::Attached;
use crate::components::{calendar_name, calendar_of, precision_name, precision_of};
use crate::sealer::media_type;

/// The entry at a path.
pub fn find<'a>(entries: &'a Entries, path: &[&str]) -> Option<&'a Entry> {
    let (name, rest) = path.split_first()?;
    let entry = entries.0.get(name)?;
    match (entry, rest) {
        (entry, []) => Some(entry),
        (Entry::Group(inner), rest) => find(inner, rest),
        (Entry::Repeat(items), [item, rest @ ..]) => find(items.get(item.parse::<usize>().ok()?)?, rest),
        _ => None,
    }
}

/// Puts an entry at a path, or takes it away; groups on the way are made.
pub fn put(entries: &mut Entries, path: &[&str], entry: Option<Entry>) {
    let Some((name, rest)) = path.split_first() else { return };
    match (rest, entry) {
        ([], Some(entry)) => {
            entries.0.insert((*name).to_owned(), entry);
        }
        ([], None) => {
            entries.0.remove(name);
        }
        (rest, entry) => match entries.0.get_mut(name) {
            None => {
                let mut inner = Entries::default();
                put(&mut inner, rest, entry);
                entries.0.insert((*name).to_owned(), Entry::Group(inner));
            }
            Some(Entry::Group(inner)) => put(inner, rest, entry),
            Some(Entry::Repeat(items)) => {
                if let Some((item, rest)) = rest.split_first()
                    && let Some(inner) = item.parse::<usize>().ok().and_then(|item| items.get_mut(item))
                {
                    put(inner, rest, entry);
                }
            }
            Some(_) => {}
        },
    }
}

/// Every entry as a text of lines, as a draft keeps it: its path, a letter for its kind with its first line, its other lines.
/// What holds others comes before them.
pub fn pour(entries: &Entries, prefix: &str, out: &Array) {
    for (name, entry) in &entries.0 {
        let path = [prefix, name].concat();
        let say = |kind: &str, content: &str| {
            out.push(&[&path, "\n", kind, content].concat().into());
        };
        match entry {
            Entry::Text(text) => say("t", text),
            Entry::Many(names) => say("m", &names.join("\n")),
            Entry::Acknowledged(_) => say("a", ""),
            Entry::Date(date) => {
                let names = [calendar_name(date.calendar), precision_name(date.precision)];
                say("d", &[names[0], names[1], &date.year, &date.month, &date.day, &date.age].join("\n"));
            }
            Entry::Files(files) => say("f", &files.iter().map(|file| &*file.name).collect::<Vec<_>>().join("\n")),
            Entry::Group(inner) => pour(inner, &[&path, "/"].concat(), out),
            Entry::Repeat(items) => {
                say("r", &items.len().to_string());
                for (index, item) in items.iter().enumerate() {
                    pour(item, &[&path, "/", &index.to_string(), "/"].concat(), out);
                }
            }
        }
    }
}

/// One of them, read again. Of the files, which are there already, it learns what they answer.
pub fn restored<'a>(text: &'a str, files: &mut [Attached]) -> Option<(&'a str, Entry)> {
    let (path, rest) = text.split_once('\n')?;
    let (kind, content) = rest.split_at_checked(1)?;
    let entry = match kind {
        "t" => Entry::Text(content.to_owned()),
        "m" => Entry::Many(content.split('\n').map(str::to_owned).collect()),
        "a" => Entry::Acknowledged(true),
        "d" => {
            let mut lines = content.split('\n');
            let mut line = || lines.next().unwrap_or_default();
            Entry::Date(DateEntry {
                calendar: calendar_of(line()),
                precision: precision_of(line()),
                year: line().to_owned(),
                month: line().to_owned(),
                day: line().to_owned(),
                age: line().to_owned(),
            })
        }
        "f" => {
            let named = files.iter_mut().filter(|file| content.split('\n').any(|name| name == file.name));
            Entry::Files(
                named
                    .map(|file| {
                        path.clone_into(&mut file.question);
                        let (name, media_type) = (file.name.clone(), media_type(&file.name).to_owned());
                        FileEntry { name, media_type, bytes: file.bytes.length().into() }
                    })
                    .collect(),
            )
        }
        "r" => Entry::Repeat(vec![Entries::default(); content.parse().ok().filter(|items| *items < 100_usize)?]),
        _ => return None,
    };
    Some((path, entry))
}
