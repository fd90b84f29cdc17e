//! Entries by path: `question`, `group/question`, `repeat/0/question`.

use amanat_shared::answers::{Entries, Entry, FileEntry};
use amanat_shared::dates::DateEntry;
use js_sys::Array;
use wasm_bindgen::JsValue;

use super::Attached;
use crate::components::{calendar_name, calendar_of, precision_name, precision_of};
use crate::state::worker_client::media_type;

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

/// Every entry as a draft keeps it: `[path, kind, its parts…]`. What holds others comes before them.
pub fn serialize_entries(entries: &Entries, prefix: &str, out: &Array) {
    for (name, entry) in &entries.0 {
        let path = [prefix, name].concat();
        let say = |kind: &str, parts: &[&str]| {
            let line = Array::of2(&path.as_str().into(), &kind.into());
            for part in parts {
                line.push(&JsValue::from_str(part));
            }
            out.push(&line);
        };
        match entry {
            Entry::Text(text) => say("text", &[text]),
            Entry::Many(names) => say("many", &names.iter().map(|name| &**name).collect::<Vec<_>>()),
            Entry::Acknowledged(_) => say("tick", &[]),
            Entry::Date(date) => {
                let [calendar, precision] = [calendar_name(date.calendar), precision_name(date.precision)];
                say("date", &[calendar, precision, &date.year, &date.month, &date.day, &date.age]);
            }
            Entry::Files(files) => say("files", &files.iter().map(|file| &*file.name).collect::<Vec<_>>()),
            Entry::Group(inner) => serialize_entries(inner, &[&path, "/"].concat(), out),
            Entry::Repeat(items) => {
                say("items", &[&items.len().to_string()]);
                for (index, item) in items.iter().enumerate() {
                    serialize_entries(item, &[&path, "/", &index.to_string(), "/"].concat(), out);
                }
            }
        }
    }
}

/// One of them, read again: its path, and the entry. Of the files, which are there already, it tells what they answer.
pub fn restored(line: &Array, files: &mut [Attached]) -> Option<(String, Entry)> {
    let text = |at| line.get(at).as_string().unwrap_or_default();
    let path = text(0);
    let parts = || (2..line.length()).map(text).collect::<Vec<_>>();
    let entry = match &*text(1) {
        "text" => Entry::Text(text(2)),
        "many" => Entry::Many(parts()),
        "tick" => Entry::Acknowledged(true),
        "date" => Entry::Date(DateEntry {
            calendar: calendar_of(&text(2)),
            precision: precision_of(&text(3)),
            year: text(4),
            month: text(5),
            day: text(6),
            age: text(7),
        }),
        "files" => {
            let (names, mut these) = (parts(), Vec::new());
            for file in files.iter_mut().filter(|file| names.contains(&file.name)) {
                file.question.clone_from(&path);
                let (name, media_type) = (file.name.clone(), media_type(&file.name).to_owned());
                these.push(FileEntry { name, media_type, bytes: file.bytes.length().into() });
            }
            Entry::Files(these)
        }
        "items" => Entry::Repeat(vec![Entries::default(); text(2).parse().ok().filter(|items| *items < 100_usize)?]),
        _ => return None,
    };
    Some((path, entry))
}
