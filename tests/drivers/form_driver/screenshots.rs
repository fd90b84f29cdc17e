//! Screenshots of the form's pages.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::FormDriver;
use crate::drivers::processes::target;

impl FormDriver {
    /// Saves a screenshot of every page from now on.
    pub(crate) fn save_screenshots_to(&mut self, into: PathBuf) {
        self.pictures = Some(into);
    }

    /// Saves a screenshot and runs the audit, where this run asks for them.
    pub(crate) fn screenshot(&mut self, name: &str) {
        if let Some(folder) = &self.pictures {
            let file = folder.join(format!("{name}.png"));
            if !file.exists() {
                self.browser.full_page_screenshot(&file);
            }
        }
        if let Some(audit) = &mut self.audit {
            audit.check(&mut self.browser, name);
        }
    }
}

/// Empties and returns the folder below `target` for screenshots of this name.
pub(crate) fn screenshot_folder(name: &str) -> PathBuf {
    let folder = target().join("screenshots").join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// Copies screenshots into the documentation if `AMANAT_SCREENSHOTS` names a folder.
pub(crate) fn publish(folder: &Path, names: &[&str]) {
    let Some(docs) = env::var_os("AMANAT_SCREENSHOTS") else { return };
    // The folder is relative to the project, while cargo starts a test in its package's folder.
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(docs);
    fs::create_dir_all(&docs).expect("the folder for the README's pictures");
    let prefix = folder.file_name().expect("it has a name").to_string_lossy();
    for name in names {
        let to = docs.join(format!("{prefix}-{name}.png"));
        fs::copy(folder.join(format!("{name}.png")), &to).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
    }
}
