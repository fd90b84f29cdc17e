//! The server's list of registrations, to its end.

use std::collections::HashSet;

use amanat_shared::api::{self, Listed, REGISTRATIONS};

use super::PullError;
use crate::online::Online;

const LIST_PAGE: usize = 500;
/// A row is some 150 bytes, and more where reviewers have asked for its deletion.
const MAX_LIST_BYTES: u64 = 4 * 1024 * 1024;
/// Most registrations in one run: a server that lists without end is stopped.
const MAX_LISTED: usize = 1_000_000;

/// The end of reading a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walked {
    /// The list was read to its end.
    All,
    /// The reader stopped before its end.
    Stopped,
}

/// Reads the list page by page, and gives each registration once to `each`, until that says `false`.
pub fn walk(online: &Online, mut each: impl FnMut(Listed) -> bool) -> Result<Walked, PullError> {
    let mut seen = HashSet::new();
    let mut after: Option<String> = None;
    loop {
        let page = page(online, after.as_deref())?;
        let before = seen.len();
        let Some(last) = page.last().map(|last| last.sha256.clone()) else { return Ok(Walked::All) };
        for listed in page {
            if seen.insert(listed.sha256.clone()) && !each(listed) {
                return Ok(Walked::Stopped);
            }
        }
        if seen.len() == before || seen.len() > MAX_LISTED {
            return Err(PullError::Endless);
        }
        after = Some(last);
    }
}

fn page(online: &Online, after: Option<&str>) -> Result<Vec<Listed>, PullError> {
    let after = after.map_or_else(String::new, |after| format!("&after={after}"));
    let response = online.get(&format!("{REGISTRATIONS}?limit={LIST_PAGE}{after}"), 0)?;
    let page: Vec<Listed> = online.json(response, MAX_LIST_BYTES)?;
    if page.iter().all(|listed| api::from_hex::<32>(&listed.sha256).is_some()) { Ok(page) } else { Err(PullError::Name) }
}
