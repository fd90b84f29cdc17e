//! Entries by path: `question`, `group/question`, `repeat/0/question`.

use amanat_shared::answers::{Entries, Entry};

/// The entry at a path.
pub fn entry_at<'a>(entries: &'a Entries, path: &[&str]) -> Option<&'a Entry> {
    let (name, rest) = path.split_first()?;
    let entry = entries.0.get(name)?;
    match (entry, rest) {
        (entry, []) => Some(entry),
        (Entry::Group(inner), rest) => entry_at(inner, rest),
        (Entry::Repeat(items), [item, rest @ ..]) => entry_at(items.get(item.parse::<usize>().ok()?)?, rest),
        _ => None,
    }
}

/// Sets or, with `None`, removes the entry at a path. Groups on the way are created; items of a repeat are not.
pub fn set_entry(entries: &mut Entries, path: &[&str], entry: Option<Entry>) {
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
                set_entry(&mut inner, rest, entry);
                entries.0.insert((*name).to_owned(), Entry::Group(inner));
            }
            Some(Entry::Group(inner)) => set_entry(inner, rest, entry),
            Some(Entry::Repeat(items)) => {
                if let Some((item, rest)) = rest.split_first()
                    && let Some(inner) = item.parse::<usize>().ok().and_then(|item| items.get_mut(item))
                {
                    set_entry(inner, rest, entry);
                }
            }
            Some(_) => {}
        },
    }
}

#[cfg(test)]
mod tests {
    use amanat_shared::answers::{Entries, Entry};

    use super::{entry_at, set_entry};

    fn text(text: &str) -> Entry {
        Entry::Text(text.to_owned())
    }

    #[test]
    fn an_entry_is_found_where_it_was_set() {
        let mut entries = Entries::default();
        set_entry(&mut entries, &["name"], Some(text("Zarghuna")));
        set_entry(&mut entries, &["contact", "number"], Some(text("0700")));
        assert_eq!(entry_at(&entries, &["name"]), Some(&text("Zarghuna")));
        assert_eq!(entry_at(&entries, &["contact", "number"]), Some(&text("0700")));
        assert_eq!(entry_at(&entries, &["contact", "channel"]), None);
        assert_eq!(entry_at(&entries, &["name", "number"]), None);
    }

    #[test]
    fn setting_nothing_removes_an_entry() {
        let mut entries = Entries::default();
        set_entry(&mut entries, &["contact", "number"], Some(text("0700")));
        set_entry(&mut entries, &["contact", "number"], None);
        assert_eq!(entry_at(&entries, &["contact", "number"]), None);
    }

    #[test]
    fn an_item_of_a_repeat_is_set_only_if_it_exists() {
        let mut entries = Entries::default();
        set_entry(&mut entries, &["family"], Some(Entry::Repeat(vec![Entries::default(); 2])));
        set_entry(&mut entries, &["family", "1", "name"], Some(text("Laila")));
        set_entry(&mut entries, &["family", "2", "name"], Some(text("nobody")));
        set_entry(&mut entries, &["family", "x", "name"], Some(text("nobody")));
        assert_eq!(entry_at(&entries, &["family", "1", "name"]), Some(&text("Laila")));
        assert_eq!(entry_at(&entries, &["family", "0", "name"]), None);
        assert_eq!(entry_at(&entries, &["family", "2", "name"]), None);
    }
}
