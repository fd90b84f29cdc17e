//! The forms that this computer knows, so that a case is shown under the labels that its person read; and the pack, which
//! names whom to seal to.

use amanat_shared::api;
use amanat_shared::dates::Day;
use amanat_shared::form::{self, AFGHAN_JUSTICE, Form};
use amanat_shared::pack::{Pack, PackError, Roots, SignedPack};
use amanat_shared::seal::FormRef;

/// Name of the pack's file beside the sealed files.
pub const PACK: &str = "pack.json";
/// Most signature files beside a pack.
pub const MAX_SIGNATURES: usize = 20;

/// Known forms.
#[derive(Debug, Default)]
pub struct Forms {
    known: Vec<(String, Form)>,
    pack: Option<Pack>,
}

impl Forms {
    /// The form that comes with the program.
    pub fn built_in() -> Self {
        let mut forms = Self::default();
        // The project's tests load it; were it broken all the same, cases would be shown under their keys.
        if let Ok(form) = form::load("afghan-justice.toml", AFGHAN_JUSTICE) {
            forms.add(form);
        }
        forms
    }

    /// Exactly the form that was filled in.
    pub fn get(&self, wanted: &FormRef) -> Option<&Form> {
        self.known.iter().find(|(sha256, _)| *sha256 == wanted.sha256).map(|(_, form)| form)
    }

    /// Another version of the form that was filled in: the one that was added last.
    pub fn another_version(&self, wanted: &FormRef) -> Option<&Form> {
        self.known.iter().rev().map(|(_, form)| form).find(|form| form.id == wanted.id)
    }

    /// Whether a form is an earlier one than the newest that is known here under its id.
    pub fn is_earlier(&self, form: &Form) -> bool {
        self.known.iter().rev().find(|(_, known)| known.id == form.id).is_some_and(|(_, newest)| newest != form)
    }

    /// Adds a form.
    pub fn add(&mut self, form: Form) {
        self.known.push((api::hex(&form.sha256()), form));
    }

    /// The pack that was added, of any age.
    pub fn pack(&self) -> Option<&Pack> {
        self.pack.as_ref()
    }

    /// The pack whose recipients may read what is sealed today: none once its last day is past, since reviewers may have been
    /// taken off since. Its form is still known.
    pub fn pack_to_seal_to(&self, today: Day) -> Option<&Pack> {
        self.pack().filter(|pack| pack.expires_day().is_ok_and(|last| today <= last))
    }

    /// Adds a pack and its form. `text` is `pack.json` as it was signed, of any age. A program without roots cannot tell whose
    /// pack it is, and takes those for trying out.
    pub fn add_pack(&mut self, text: String, signatures: Vec<String>) -> Result<(), PackError> {
        let pack = verified(text, signatures)?;
        self.add(pack.form.clone());
        self.pack = Some(pack);
        Ok(())
    }

    /// Adds the form of an earlier pack, and nothing else of it. The forms that are known already stay the newer ones.
    pub fn add_earlier_pack(&mut self, text: String, signatures: Vec<String>) -> Result<(), PackError> {
        let form = verified(text, signatures)?.form;
        self.known.insert(0, (api::hex(&form.sha256()), form));
        Ok(())
    }
}

fn verified(text: String, signatures: Vec<String>) -> Result<Pack, PackError> {
    if Roots::compiled().is_none() {
        let pack = Pack::from_json(&text)?;
        if pack.demo { Ok(pack) } else { Err(PackError::NotDemo) }
    } else {
        SignedPack { pack: text, signatures, demo_root: None }.verify_at_any_time()
    }
}

/// Whether a file of this name is a pack that a newer one has replaced: `pack-41.json`.
pub fn is_earlier_pack(name: &str) -> bool {
    let serial = name.strip_prefix("pack-").and_then(|rest| rest.strip_suffix(".json"));
    serial.is_some_and(|serial| (1..=20).contains(&serial.len()) && serial.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a file of this name is such a pack or one of its signatures: `pack-41.json.1.minisig`.
pub fn is_of_earlier_pack(name: &str) -> bool {
    let pack = name.strip_suffix(".minisig").and_then(|rest| rest.rsplit_once('.')).map_or(name, |(pack, _)| pack);
    is_earlier_pack(pack)
}

/// The language to show a form in: `wanted` if the form has it, else English, else its first.
pub fn language<'a>(form: &'a Form, wanted: &str) -> &'a str {
    let has = |wanted: &str| form.languages.iter().find(|language| *language == wanted);
    has(wanted).or_else(|| has("en")).or_else(|| form.languages.first()).map_or("en", String::as_str)
}
