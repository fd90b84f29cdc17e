//! Checks a pack against the newest one that was seen, and remembers it.

use std::path::Path;

use amanat_reviewer::keys::KeyError;
use amanat_reviewer::{atomic_file, clock, keys, packs, sealed_file};
use amanat_reviewer_core::forms::Forms;
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::newest_pack::{NewestPack, SeenIn};
use amanat_reviewer_core::notebook::Notebook;
use amanat_reviewer_core::safe_text;
use amanat_shared::pack::Pack;

use super::IdentityArgs;

/// The places that remember the newest pack, for one command.
pub(super) struct PackMemory<'a> {
    identity: &'a Path,
    identities: &'a Identities,
    folders: Vec<&'a Path>,
    notebooks: NewestPack,
}

impl<'a> PackMemory<'a> {
    pub(super) fn new(identity: &'a IdentityArgs, identities: &'a Identities) -> Self {
        Self { identity: &identity.identity, identities, folders: Vec::new(), notebooks: NewestPack::default() }
    }

    /// A folder that `pull` writes to.
    pub(super) fn with_folder(mut self, folder: &'a Path) -> Self {
        self.folders.push(folder);
        self
    }

    /// A notebook that was opened.
    pub(super) fn with_notebook(mut self, path: &Path, notebook: &Notebook) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.notebooks.note(notebook.newest_pack(), SeenIn::Notebook(safe_text::isolated(&name)));
        self
    }

    /// Refuses a pack that is older than the newest one that was seen, and remembers this one.
    pub(super) fn admit(&self, pack: &Pack) -> Result<(), Message> {
        let mut newest = self.notebooks.clone();
        newest.note(keys::newest_pack(self.identity, self.identities)?, SeenIn::Identity);
        for folder in &self.folders {
            newest.note(packs::newest_seen(folder)?.unwrap_or_default(), SeenIn::Folder);
        }
        newest.admit(pack.serial)?;
        match keys::remember_pack(self.identity, self.identities, pack.serial) {
            // An identity may lie on a medium that cannot be written to. The notebook remembers then.
            Err(KeyError::Write { path, error }) => {
                eprintln!(
                    "WARNING: pack {} could not be remembered in {}: {error}. An older one may pass.",
                    pack.serial,
                    safe_text::path(&path)
                );
                Ok(())
            }
            done => Ok(done?),
        }
    }

    /// The forms, and the pack for sealing to its reviewers today: an older one than was seen is refused.
    pub(super) fn forms_to_seal(self, pack: Option<&'a Path>, folder: Option<&'a Path>) -> Result<Forms, Message> {
        let (memory, forms) = self.read(pack, folder)?;
        match forms.pack_to_seal_to(clock::day_in_kabul(clock::now())) {
            Some(pack) => memory.admit(pack)?,
            // Nothing is sealed to the pack, and only its form is used.
            None => memory.warn(&forms),
        }
        Ok(forms)
    }

    /// The forms for reading: an older pack than was seen is named.
    pub(super) fn forms_to_read(self, pack: Option<&'a Path>, folder: Option<&'a Path>) -> Result<Forms, Message> {
        let (memory, forms) = match sealed_file::forms(pack, folder) {
            // A bad pack in the folder keeps nobody from reading. A pack that was named does.
            Err(error) if pack.is_none() => {
                eprintln!(
                    "WARNING: {}\nUntil then cases are shown with the form that came with this program.",
                    Message::of(&error)
                );
                (self, Forms::built_in())
            }
            forms => (self.with_folders(pack.map(atomic_file::folder_of).into_iter().chain(folder)), forms?),
        };
        memory.warn(&forms);
        Ok(forms)
    }

    fn read(self, pack: Option<&'a Path>, folder: Option<&'a Path>) -> Result<(Self, Forms), Message> {
        let forms = sealed_file::forms(pack, folder)?;
        Ok((self.with_folders(pack.map(atomic_file::folder_of).into_iter().chain(folder)), forms))
    }

    fn with_folders(mut self, folders: impl Iterator<Item = &'a Path>) -> Self {
        self.folders.extend(folders);
        self
    }

    fn warn(&self, forms: &Forms) {
        if let Some(Err(older)) = forms.pack().map(|pack| self.admit(pack)) {
            eprintln!("WARNING: {older}");
        }
    }
}
