//! Differences between two packs, for the signer of the later one.

use amanat_shared::api::hex;
use amanat_shared::pack::Pack;
use amanat_shared::text::clean;

/// Returns one line for each difference except the serial and the days.
pub(super) fn changes(before: &Pack, now: &Pack) -> Vec<String> {
    let mut found = Vec::new();
    keyed("seals to", &recipients(before), &recipients(now), &mut found);
    keyed("lets fetch", &access_keys(before), &access_keys(now), &mut found);
    for (what, before, now) in [
        ("site", before.site.clone(), now.site.clone()),
        ("contact", before.contact.clone(), now.contact.clone()),
        ("leave to", before.exit_url.clone(), now.exit_url.clone()),
        ("form", hex(&before.form.sha256()), hex(&now.form.sha256())),
        ("phases", format!("{:?}", before.phases), format!("{:?}", now.phases)),
        ("limits", limits(before), limits(now)),
        ("valid for", format!("{} days", days(before)), format!("{} days", days(now))),
    ] {
        if before != now {
            found.push(format!("{what}: {} becomes {}", clean(&before), clean(&now)));
        }
    }
    for serial in now.revoked.iter().filter(|serial| !before.revoked.contains(serial)) {
        found.push(format!("revokes pack {serial}, which was not revoked"));
    }
    for serial in before.revoked.iter().filter(|serial| !now.revoked.contains(serial)) {
        found.push(format!("no longer revokes pack {serial}"));
    }
    found
}

/// Names with their keys.
type Keys<'a> = Vec<(&'a str, &'a str)>;

fn recipients(pack: &Pack) -> Keys<'_> {
    pack.recipients.iter().map(|one| (one.name.as_str(), one.key.as_str())).collect()
}

fn access_keys(pack: &Pack) -> Keys<'_> {
    pack.access_keys.iter().map(|one| (one.name.as_str(), one.key.as_str())).collect()
}

fn keyed(what: &str, before: &Keys<'_>, now: &Keys<'_>, found: &mut Vec<String>) {
    for one in now.iter().filter(|one| !before.contains(one)) {
        let had = before.iter().any(|(name, _)| *name == one.0);
        let how = if had { "with ANOTHER KEY than before" } else { "who is NEW" };
        found.push(format!("{what} {}, {how}", clean(one.0)));
    }
    for one in before.iter().filter(|(name, _)| !now.iter().any(|(now, _)| now == name)) {
        found.push(format!("{what} {} NO LONGER", clean(one.0)));
    }
}

fn limits(pack: &Pack) -> String {
    let limits = pack.limits;
    format!("{} files, {} bytes each, {} together", limits.files, limits.file_bytes, limits.total_bytes)
}

fn days(pack: &Pack) -> i64 {
    match (pack.issued_day(), pack.expires_day()) {
        (Ok(issued), Ok(expires)) => expires.days_since(issued),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::tests::pack;

    #[test]
    fn new_and_removed_reviewers_and_changed_keys_are_listed() {
        let before = pack();
        let mut now = before.clone();
        assert_eq!(changes(&before, &now), Vec::<String>::new());
        (now.serial, now.revoked) = (2, vec![1]);
        now.recipients[0].name = "reviewer-3".to_owned();
        now.recipients[1].key.push('x');
        now.access_keys.remove(0);
        now.contact = "by \u{1b}[31mvoice".to_owned();
        assert_eq!(
            changes(&before, &now),
            [
                "seals to reviewer-3, who is NEW",
                "seals to reviewer-2, with ANOTHER KEY than before",
                "seals to reviewer-1 NO LONGER",
                "lets fetch reviewer-1 NO LONGER",
                "contact: nobody: this is a demo becomes by [31mvoice",
                "revokes pack 1, which was not revoked",
            ]
        );
        assert!(changes(&now, &before).contains(&"no longer revokes pack 1".to_owned()));
    }
}
