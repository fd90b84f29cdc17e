//! Sealed files on a disk or a stick, opened in memory; and the pack beside them.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use amanat_reviewer_core::decrypt::{self, Fault, HEAD_BYTES, Opened, OpenedAnswers, Refusal};
use amanat_reviewer_core::forms::{Forms, MAX_SIGNATURES, PACK};
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::notebook::file;
use amanat_reviewer_core::safe_text;
use amanat_shared::pack::PackError;

use crate::atomic_file;
use crate::clock;
use crate::earlier_packs::{self, signature_path};

const MAX_PACK_BYTES: u64 = 4 * 1024 * 1024;
const MAX_SIGNATURE_BYTES: u64 = 4 * 1024;

/// The reason why a file on the disk was not opened.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{}: {fault}", safe_text::path(.path))]
#[diagnostic(forward(fault))]
pub struct SealedError {
    /// The file.
    pub path: PathBuf,
    /// The fault.
    pub fault: Fault,
}

impl SealedError {
    /// A fault of this file.
    pub fn new(path: &Path, fault: impl Into<Fault>) -> Self {
        Self { path: path.to_owned(), fault: fault.into() }
    }

    fn read(path: &Path, error: io::Error) -> Self {
        Self { path: path.to_owned(), fault: Fault::Read(error) }
    }
}

/// Opens a whole file, at most `most` bytes long, and checks all that is inside.
pub fn open(path: &Path, identities: &Identities, most: u64) -> Result<Opened, SealedError> {
    let sealed = atomic_file::read(path, most).map_err(|error| SealedError::read(path, error))?;
    decrypt::open(&sealed, identities)
        .map_err(|fault| SealedError { path: path.to_owned(), fault: fault.judged(&stem(path), &sealed) })
}

/// A file's name without `.age`.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a file that was refused as a registration is a notebook, which somebody has given another name.
pub fn holds_a_notebook(path: &Path, fault: &Fault, identities: &Identities) -> bool {
    let is_whole = matches!(fault, Fault::Refused(Refusal::Archive(_)));
    is_whole
        && atomic_file::read(path, file::MOST_SEALED_BYTES)
            .is_ok_and(|sealed| file::open(&sealed, identities, clock::now()).is_ok())
}

/// Opens a file only as far as its answers; see [`decrypt::answers`].
pub fn answers(path: &Path, identities: &Identities) -> Result<OpenedAnswers, SealedError> {
    let read = |error| SealedError::read(path, error);
    let failed = |fault| SealedError { path: path.to_owned(), fault };
    if !path.metadata().map_err(read)?.is_file() {
        return Err(failed(Fault::NotSealed));
    }
    let file = BufReader::with_capacity(HEAD_BYTES, File::open(path).map_err(read)?);
    decrypt::answers(file, identities).map_err(|fault| match fault {
        // Only a file that does not open is read to its end, and only up to a bearable length.
        Fault::OtherKeys | Fault::Damaged(_) | Fault::NotSealed => match atomic_file::read(path, atomic_file::DEFAULT_MAX_BYTES) {
            Ok(sealed) => failed(fault.judged(&stem(path), &sealed)),
            Err(_) => failed(fault),
        },
        other => failed(other),
    })
}

/// The reason why a pack on the disk is not used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum FormsError {
    /// It could not be read.
    #[error("the pack {} could not be read: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Give the {PACK} that `pull` wrote, or leave --pack out."))]
    OpenedAnswers {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// It is not one that the roots signed.
    #[error("the pack {} is not used: {}", safe_text::path(.path), safe_text::safe(&.error.to_string()))]
    #[diagnostic(help("Bring {PACK} and its .minisig files together, as `pull` wrote them."))]
    Pack {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: PackError,
    },
}

/// The built-in form, that of a pack (`pack` if one is named, else the one in `folder` if one is there), and those of the
/// earlier packs beside it.
pub fn forms(pack: Option<&Path>, folder: Option<&Path>) -> Result<Forms, FormsError> {
    let mut forms = Forms::built_in();
    let beside = folder.map(|folder| folder.join(PACK)).filter(|path| atomic_file::is_there(path));
    let path = pack.map(Path::to_owned).or(beside);
    if let Some(folder) = path.as_deref().map(atomic_file::folder_of).or(folder) {
        earlier_packs::add(&mut forms, folder);
    }
    if let Some(path) = path {
        let read = |path: &Path, most| {
            atomic_file::read_text(path, most).map_err(|error| FormsError::OpenedAnswers { path: path.to_owned(), error })
        };
        let text = read(&path, MAX_PACK_BYTES)?;
        let beside = (1..=MAX_SIGNATURES).map(|number| signature_path(&path, number)).filter(|path| atomic_file::is_there(path));
        // The signature is base64; only the untrusted comment may be in another encoding.
        let signature = |path: PathBuf| match atomic_file::read(&path, MAX_SIGNATURE_BYTES) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => Err(FormsError::OpenedAnswers { path, error }),
        };
        let signatures = beside.map(signature).collect::<Result<_, _>>()?;
        forms.add_pack(text, signatures).map_err(|error| FormsError::Pack { path, error })?;
    }
    Ok(forms)
}
