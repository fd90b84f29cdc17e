//! What the page knows, and where it stands.

use std::sync::Arc;

use amanat_reviewer::cases::Case;
use amanat_reviewer::forms::Forms;
use amanat_reviewer::identities::Identities;
use amanat_shared::dates::Day;
use leptos::prelude::*;
use web_sys::File;

/// Where the page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The identity and the files are chosen.
    Unlock,
    /// The files are opened.
    Reading,
    /// All cases.
    List,
    /// One case.
    Case,
}

/// A file that could not be opened, in words: what happened, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The file's name, safe to show.
    pub file: String,
    /// Two lines.
    pub words: String,
}

/// How far reading is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files that were looked at.
    pub done: usize,
    /// All of them.
    pub all: usize,
}

/// The page's state. Copies are the same state.
#[derive(Clone, Copy)]
pub struct Desk {
    /// Where the page stands.
    pub stage: RwSignal<Stage>,
    /// Today in Kabul.
    pub today: Day,
    /// The language of labels and choices.
    pub language: RwSignal<String>,
    /// What opens the files, once it is unlocked.
    pub identities: StoredValue<Option<Arc<Identities>>>,
    /// Known forms, and the pack.
    pub forms: StoredValue<Arc<Forms>>,
    /// The sealed files that were chosen, by their names without `.age`.
    pub files: StoredValue<Vec<(String, File)>, LocalStorage>,
    /// How far reading is.
    pub progress: RwSignal<Progress>,
    /// The cases, in the order in which a human should look.
    pub cases: RwSignal<Arc<Vec<Case>>>,
    /// Files that could not be opened.
    pub failures: RwSignal<Vec<Failure>>,
    /// The case that is shown: its file's name without `.age`.
    pub chosen: RwSignal<String>,
}

impl Desk {
    /// A desk on which nothing lies yet.
    pub fn new(today: Day) -> Self {
        Self {
            stage: RwSignal::new(Stage::Unlock),
            today,
            language: RwSignal::new("en".to_owned()),
            identities: StoredValue::new(None),
            forms: StoredValue::new(Arc::new(Forms::built_in())),
            files: StoredValue::new_local(Vec::new()),
            progress: RwSignal::new(Progress::default()),
            cases: RwSignal::new(Arc::default()),
            failures: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(String::new()),
        }
    }

    /// Clears the desk: keys, files and everything that was opened leave the memory with the page, which begins anew.
    pub fn lock() {
        // A page that cannot begin anew keeps what it shows; nothing else can be done about it here.
        let _ = window().location().reload();
    }

    /// The file of this name.
    pub fn file(self, name: &str) -> Option<File> {
        self.files.with_value(|files| files.iter().find(|(known, _)| known == name).map(|(_, file)| file.clone()))
    }
}
