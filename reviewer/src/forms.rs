//! The forms that this computer knows, so that a case is shown under the labels that its person read.

use std::io;
use std::path::{Path, PathBuf};

use amanat_shared::api;
use amanat_shared::form::{self, AFGHAN_JUSTICE, Form};
use amanat_shared::pack::{Pack, PackError, Roots, SignedPack};
use amanat_shared::seal::FormRef;

use crate::files;
use crate::terminal;

/// Name of the pack's file beside the sealed files.
pub const PACK: &str = "pack.json";
const MAX_PACK_BYTES: u64 = 4 * 1024 * 1024;
const MAX_SIGNATURE_BYTES: u64 = 4 * 1024;
/// Most signature files beside a pack.
pub const MAX_SIGNATURES: usize = 20;

/// Why a pack on the disk is not used.
#[derive(Debug, thiserror::Error)]
pub enum FormsError {
    /// It could not be read.
    #[error("the pack {} could not be read: {}\nGive the {PACK} that `pull` wrote, or leave --pack out.", terminal::path(.path), .error)]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is not one that the roots signed.
    #[error("the pack {} is not used: {}\nBring {PACK} and its .minisig files together, as `pull` wrote them.", terminal::path(.path), terminal::safe(&.error.to_string()))]
    Pack {
        /// Which.
        path: PathBuf,
        /// Why.
        error: PackError,
    },
}

/// Known forms.
#[derive(Debug, Default)]
pub struct Forms(Vec<(String, Form)>);

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

    /// The built-in form and that of a pack: `pack` if one is named, else the one in `folder` if one is there.
    pub fn load(pack: Option<&Path>, folder: Option<&Path>) -> Result<Self, FormsError> {
        let mut forms = Self::built_in();
        let beside = folder.map(|folder| folder.join(PACK)).filter(|path| files::is_there(path));
        if let Some(path) = pack.map(Path::to_owned).or(beside) {
            forms.add(read_pack(&path)?.form);
        }
        Ok(forms)
    }

    /// Exactly the form that was filled in.
    pub fn get(&self, wanted: &FormRef) -> Option<&Form> {
        self.0.iter().find(|(sha256, _)| *sha256 == wanted.sha256).map(|(_, form)| form)
    }

    /// Adds a form.
    pub fn add(&mut self, form: Form) {
        self.0.push((api::hex(&form.sha256()), form));
    }
}

/// Reads a pack, of any age, with the signatures beside it. A program without roots cannot tell whose pack it is, and
/// takes those for trying out.
fn read_pack(path: &Path) -> Result<Pack, FormsError> {
    let failed = |path: &Path, error| FormsError::Read { path: path.to_owned(), error };
    let text = files::read_text(path, MAX_PACK_BYTES).map_err(|error| failed(path, error))?;
    let refused = |error| FormsError::Pack { path: path.to_owned(), error };
    if Roots::compiled().is_none() {
        let pack: Pack = serde_json::from_str(&text).map_err(|error| refused(PackError::Malformed(error.to_string())))?;
        return if pack.demo { Ok(pack) } else { Err(refused(PackError::NotDemo)) };
    }
    let mut signatures = Vec::new();
    for number in 1..=MAX_SIGNATURES {
        let beside = signature_path(path, number);
        if files::is_there(&beside) {
            signatures.push(files::read_text(&beside, MAX_SIGNATURE_BYTES).map_err(|error| failed(&beside, error))?);
        }
    }
    SignedPack { pack: text, signatures, demo_root: None }.verify_at_any_time().map_err(refused)
}

/// `pack.json` → `pack.json.1.minisig`.
pub fn signature_path(pack: &Path, number: usize) -> PathBuf {
    let mut name = pack.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{number}.minisig"));
    pack.with_file_name(name)
}

/// The language to show a form in: `wanted` if the form has it, else English, else its first.
pub fn language<'a>(form: &'a Form, wanted: &str) -> &'a str {
    let has = |wanted: &str| form.languages.iter().find(|language| *language == wanted);
    has(wanted).or_else(|| has("en")).or_else(|| form.languages.first()).map_or("en", String::as_str)
}
