//! Reads a draft (`pack.toml`) or a pack (`pack.json`), and finds all its problems.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::path::Path;

use amanat_backend::exit_url;
use amanat_shared::dates::Day;
use amanat_shared::envelope::RecipientKind;
use amanat_shared::form::{self, AFGHAN_JUSTICE, Form};
use amanat_shared::pack::{AccessKey, Limits, MAX_VALID_DAYS, Pack, Recipient};
use amanat_shared::seal::Recipients;
use amanat_shared::text::clean;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use serde::Deserialize;

use crate::cli::Failure;
use crate::cli::output::say;

/// The problem of a text that a signer could read as something else than what is signed.
const INVISIBLE: &str = "must be one plain line, without characters that cannot be seen or that turn the text around";
/// The draft's value for the form that the project ships.
const BUILT_IN: &str = "built-in";

/// The contents of `pack.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DraftFile {
    serial: u64,
    issued: String,
    #[serde(default = "default_days")]
    days: i64,
    site: String,
    contact: String,
    exit_url: String,
    phases: Vec<u8>,
    form: String,
    limits: Limits,
    #[serde(default)]
    revoked: Vec<u64>,
    #[serde(default)]
    recipients: Vec<Recipient>,
    #[serde(default)]
    access_keys: Vec<AccessKey>,
}

/// A draft or pack with its problems.
pub struct Draft {
    pack: Option<Pack>,
    /// The text of a `pack.json`, which other roots have signed byte for byte.
    pub json: Option<String>,
    /// Every problem that was found.
    pub problems: Vec<String>,
}

impl Draft {
    /// Prints the problems, and fails if there are any.
    pub fn refuse_problems(&self, file: &Path) -> Result<(), Failure> {
        if self.problems.is_empty() {
            return Ok(());
        }
        say(self.problems.join("\n"));
        let what = match self.problems.len() {
            1 => format!("{} has the one problem above.", file.display()),
            number => format!("{} has the {number} problems above.", file.display()),
        };
        Err(Failure::new(what, "Correct the draft, and check again; nothing was signed."))
    }

    /// Returns the pack, which exists wherever there are no problems.
    pub fn pack(&self) -> Result<Pack, Failure> {
        self.pack.clone().ok_or_else(|| Failure::new("There is no pack in that file.", "Run `amanat pack check` on it."))
    }
}

/// Reads and checks a file.
pub fn read(path: &Path) -> Result<Draft, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::read(path, &error))?;
    let name = path.display().to_string();
    let mut draft = if text.trim_start().starts_with('{') { from_json(&name, text) } else { from_toml(path, &name, &text)? };
    if let Some(pack) = &draft.pack {
        draft.problems.extend(problems(pack).into_iter().map(|problem| format!("{name}: {problem}")));
    }
    Ok(draft)
}

fn from_json(name: &str, text: String) -> Draft {
    match serde_json::from_str::<Pack>(&text) {
        Ok(pack) => {
            let problems = form::check(&pack.form).iter().map(|problem| format!("{name}: form: {problem}")).collect();
            Draft { pack: Some(pack), json: Some(text), problems }
        }
        Err(error) => Draft { pack: None, json: None, problems: vec![format!("{name}:{}: {error}", error.line())] },
    }
}

fn from_toml(path: &Path, name: &str, text: &str) -> Result<Draft, Failure> {
    let draft: DraftFile = match toml::from_str(text) {
        Ok(draft) => draft,
        Err(error) => {
            let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
            let problem = format!("{name}:{line}: {}", error.message().replace('\n', "; "));
            return Ok(Draft { pack: None, json: None, problems: vec![problem] });
        }
    };
    let (form_name, form_text) = if draft.form == BUILT_IN {
        (BUILT_IN.to_owned(), AFGHAN_JUSTICE.to_owned())
    } else {
        let path = path.parent().unwrap_or_else(|| Path::new("")).join(&draft.form);
        (path.display().to_string(), fs::read_to_string(&path).map_err(|error| Failure::read(&path, &error))?)
    };
    let (form, mut problems) = match form::load(&form_name, &form_text) {
        Ok(form) => (Some(form), Vec::new()),
        Err(form::LoadError(located)) => (None, located.iter().map(ToString::to_string).collect()),
    };
    let issued = Day::from_iso(&draft.issued);
    // Problems of the pack are reported even if its form has some.
    let pack = draft.into_pack(issued, form.clone().unwrap_or_else(empty_form));
    if form.is_some() {
        return Ok(Draft { pack: Some(pack), json: None, problems });
    }
    problems.extend(self::problems(&pack).into_iter().map(|problem| format!("{name}: {problem}")));
    Ok(Draft { pack: None, json: None, problems })
}

impl DraftFile {
    fn into_pack(self, issued: Option<Day>, form: Form) -> Pack {
        let days = i32::try_from(self.days).unwrap_or(i32::MAX);
        let expires = issued.map_or_else(String::new, |issued| Day(issued.0.saturating_add(days)).iso());
        Pack {
            serial: self.serial,
            issued: self.issued,
            expires,
            site: self.site,
            contact: self.contact,
            exit_url: self.exit_url,
            phases: self.phases,
            limits: self.limits,
            recipients: self.recipients,
            access_keys: self.access_keys,
            revoked: self.revoked,
            demo: false,
            form,
        }
    }
}

/// Stands in for a form that could not be read.
fn empty_form() -> Form {
    serde_json::from_str(r#"{"id":"","version":"","languages":[],"title":{},"sections":[],"lists":{},"pages":[]}"#)
        .expect("a form without pages is a form")
}

/// The default is one week, because phones that were offline can seal to a removed reviewer for as long as the pack is valid.
const fn default_days() -> i64 {
    7
}

/// Returns the problems of a pack, except those of its form.
pub fn problems(pack: &Pack) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |key: &str, what: &dyn Display| found.push(format!("{key}: {what}"));
    if pack.serial == 0 {
        say("serial", &"must be 1 or more, and grow with every pack");
    }
    match (pack.issued_day(), pack.expires_day()) {
        (Err(_), _) => say("issued", &"is no day, such as 2026-11-23"),
        (_, Err(_)) => say("expires", &"is no day, such as 2026-12-23"),
        (Ok(issued), Ok(expires)) if !(0..=MAX_VALID_DAYS).contains(&expires.days_since(issued)) => {
            say("days", &format!("a pack is valid for 0 to {MAX_VALID_DAYS} days"));
        }
        _ => {}
    }
    if pack.site.is_empty() || pack.site.contains(|c: char| c == '/' || c.is_whitespace()) {
        say("site", &"must be the name in the browser's address bar, such as form.example.org");
    }
    if pack.contact.trim().is_empty() {
        say("contact", &"must say how to reach the coalition");
    }
    if let Err(error) = exit_url::ascii(&pack.exit_url) {
        say("exit_url", &format!("{error}; it is a page that says nothing about its visitor"));
    }
    let phases: BTreeSet<u8> = pack.phases.iter().copied().collect();
    if !phases.contains(&1) || phases.len() != pack.phases.len() || phases.iter().any(|phase| !(1..=3).contains(phase)) {
        say("phases", &"holds 1, and of 2 and 3 those that are open, each once");
    }
    if pack.limits.files > 0 && (pack.limits.file_bytes == 0 || pack.limits.total_bytes < pack.limits.file_bytes) {
        say("limits", &"`total_bytes` must be at least `file_bytes`, and that more than 0");
    }
    for revoked in pack.revoked.iter().filter(|revoked| **revoked >= pack.serial) {
        say("revoked", &format!("{revoked} is not earlier than this pack's serial"));
    }
    for (key, text) in [("site", &pack.site), ("contact", &pack.contact)] {
        if clean(text) != **text {
            found.push(format!("{key}: {INVISIBLE}"));
        }
    }
    recipients(pack, &mut found);
    access_keys(pack, &mut found);
    // Phones refuse a pack that fails this check, so its error is reported even if no other problem was found.
    if let (true, Err(error)) = (found.is_empty(), pack.check()) {
        found.push(error.to_string());
    }
    found
}

fn recipients(pack: &Pack, found: &mut Vec<String>) {
    let mut kinds = BTreeSet::new();
    for (index, recipient) in pack.recipients.iter().enumerate() {
        let earlier = &pack.recipients[..index];
        let key = format!("recipients[{index}] ({})", clean(&recipient.name));
        match Recipients::parse(std::iter::once(recipient.key.as_str())) {
            Ok(parsed) => {
                kinds.insert(parsed.kind() == RecipientKind::Hybrid);
            }
            Err(_) => found.push(format!("{key}: is no age key (age1pq1… or age1…)")),
        }
        if earlier.iter().any(|other| other.key == recipient.key) {
            found.push(format!("{key}: the same key is there twice"));
        }
        if clean(&recipient.name) != recipient.name {
            found.push(format!("{key}: the name {INVISIBLE}"));
        }
        if recipient.name.trim().is_empty() || earlier.iter().any(|other| other.name == recipient.name) {
            found.push(format!("{key}: each recipient has a name of its own"));
        }
    }
    if kinds.len() == 2 {
        found.push("recipients: post-quantum (age1pq1…) and classic (age1…) keys cannot be mixed".to_owned());
    }
    if pack.recipients.is_empty() {
        found.push("recipients: there is nobody to seal to".to_owned());
    }
}

fn access_keys(pack: &Pack, found: &mut Vec<String>) {
    for (index, access) in pack.access_keys.iter().enumerate() {
        let earlier = &pack.access_keys[..index];
        let key = format!("access_keys[{index}] ({})", clean(&access.name));
        let bytes: Option<[u8; 32]> = URL_SAFE_NO_PAD.decode(&access.key).ok().and_then(|bytes| bytes.try_into().ok());
        if bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok()).is_none_or(|key| key.is_weak()) {
            found.push(format!("{key}: is no Ed25519 public key (32 bytes, base64url without padding)"));
        }
        if earlier.iter().any(|other| other.key == access.key) {
            found.push(format!("{key}: the same key is there twice"));
        }
        if !pack.recipients.iter().any(|recipient| recipient.name == access.name) {
            found.push(format!("{key}: no recipient has that name"));
        }
    }
    if pack.access_keys.is_empty() {
        found.push("access_keys: nobody could fetch what arrives".to_owned());
    }
}
