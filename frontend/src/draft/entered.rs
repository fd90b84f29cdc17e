//! Entries by path: `question`, `group/question`, `repeat/0/question`.

use amanat_shared::answers::{Entries, Entry};

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
