//! Objections: what a reviewer does who sees that something is to be deleted that must stay. Sent at once, with the access key:
//! nothing has to be opened for it.

use amanat_reviewer_core::safe_text;
use amanat_shared::api::{Listed, OBJECTIONS, Objections, ObjectionsResult};

use crate::online::{Online, OnlineError};
use crate::pull::{PullError, walk};

/// The number of entries in one request.
const AT_ONCE: usize = 2000;
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;
/// Fewest characters of a hash that name a registration.
const FEWEST: usize = 6;

/// The registrations that are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All that are to be deleted, or, to withdraw, all that somebody objects to.
    All,
    /// Those whose hashes begin so.
    Beginning(Vec<String>),
}

/// The wish about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// They shall stay.
    Object,
    /// The objection ends.
    Withdraw,
}

/// The reason why nothing was sent.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ObjectError {
    /// The server, or its list.
    #[error(transparent)]
    #[diagnostic(transparent)]
    List(#[from] PullError),
    /// The server.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Online(#[from] OnlineError),
    /// The text is not the beginning of a hash.
    #[error("{} is not the beginning of a hash", safe_text::safe(.0))]
    #[diagnostic(help("Give at least {FEWEST} characters of the reference that `list` shows."))]
    NotAReference(String),
    /// No hash on the server begins so, or several do.
    #[error("{number} registrations on the server begin with {}", safe_text::safe(.reference))]
    #[diagnostic(help("Compare it with what `list` shows."))]
    NotOne {
        /// The reference as it was given.
        reference: String,
        /// The number.
        number: usize,
    },
}

/// Asks for the server's list, and sends what is wanted of the registrations that are meant.
pub fn send(online: &Online, which: &Selection, wish: Objection) -> Result<ObjectionsResult, ObjectError> {
    if let Selection::Beginning(references) = which {
        let is_one = |text: &String| (FEWEST..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if let Some(wrong) = references.iter().find(|text| !is_one(text)) {
            return Err(ObjectError::NotAReference(wrong.clone()));
        }
    }
    let mut listed = Vec::new();
    walk(online, |one| {
        listed.push(one);
        true
    })?;
    let meant = meant(&listed, which, wish)?;
    let mut sum = ObjectionsResult::default();
    for some in meant.chunks(AT_ONCE) {
        let body = match wish {
            Objection::Object => Objections { objected: some.to_vec(), ..Objections::default() },
            Objection::Withdraw => Objections { withdrawn: some.to_vec(), ..Objections::default() },
        };
        let body = serde_json::to_vec(&body).expect("hashes are plain strings");
        let response = online.post(OBJECTIONS, &body)?;
        let result: ObjectionsResult = online.json(response, MAX_ANSWER_BYTES)?;
        sum.noted.extend(result.noted);
        sum.unknown.extend(result.unknown);
        sum.not_objected.extend(result.not_objected);
    }
    Ok(sum)
}

fn meant(listed: &[Listed], which: &Selection, wish: Objection) -> Result<Vec<String>, ObjectError> {
    let references = match which {
        Selection::All => {
            let wanted = |one: &&Listed| {
                one.deletion.as_ref().is_some_and(|deletion| match wish {
                    // Discards need no proof: the first of them is worth an objection.
                    Objection::Object => deletion.due.is_some() || !deletion.discarded.is_empty(),
                    Objection::Withdraw => !deletion.objected.is_empty(),
                })
            };
            return Ok(listed.iter().filter(wanted).map(|one| one.sha256.clone()).collect());
        }
        Selection::Beginning(references) => references,
    };
    references
        .iter()
        .map(|reference| {
            let start = reference.to_ascii_lowercase();
            let found: Vec<&Listed> = listed.iter().filter(|one| one.sha256.starts_with(&start)).collect();
            match found[..] {
                [one] => Ok(one.sha256.clone()),
                _ => Err(ObjectError::NotOne { reference: reference.clone(), number: found.len() }),
            }
        })
        .collect()
}

/// The server's answer as text that is safe to print.
pub fn report(result: &ObjectionsResult, wish: Objection) -> String {
    let mut lines = vec![match wish {
        Objection::Object => format!("{} stay: you object to their deletion. Tell the others by voice why.", result.noted.len()),
        Objection::Withdraw => format!(
            "{} objections withdrawn, with your own acknowledgements and discards of these; the others' waiting time begins anew.",
            result.noted.len()
        ),
    }];
    if !result.unknown.is_empty() {
        lines.push(format!("{} not on the server (any more).", result.unknown.len()));
    }
    if !result.not_objected.is_empty() {
        lines.push(format!("{} objected to by others only, who alone can withdraw it.", result.not_objected.len()));
    }
    lines.push(String::new());
    lines.join("\n")
}
