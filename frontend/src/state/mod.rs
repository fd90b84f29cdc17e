//! The state of the form on the phone. It lives in this one place, in memory; what the person asks the phone to keep, the
//! sealer seals first.

mod entries;
mod navigation;
mod persistence;
pub mod worker_client;

use std::cell::{Cell, RefCell};
use std::ops::Deref;

use amanat_shared::answers::{Entries, Entry};
use amanat_shared::dates::Day;
use amanat_shared::form::{Form, Page};
use amanat_shared::pack::{Pack, PackError, SignedPack, build_day, json_of_literal};
use amanat_shared::receipt::Receipt;
use amanat_shared::validate::{Context, Fault, Validation, validate};
use leptos::prelude::{document, window};
use wasm_bindgen::JsValue;

use self::entries::{find, put};
pub use self::navigation::{Step, is_informational};
use crate::history::was_reloaded;
use crate::i18n::Language;
use crate::signal::Signal;
use crate::state::worker_client::{Progress, Question, Sealer, stop};

/// The pack, for as long as the page lives. The sealer verifies it before the first question.
pub struct Loaded {
    /// The pack.
    pub pack: Pack,
    /// The signed pack's JSON, as it came with the page.
    pub signed: String,
}

/// A file that was attached: its name in the archive, and its bytes.
#[derive(Clone)]
pub struct Attached {
    /// E.g. `attachments/01.jpg`.
    pub name: String,
    /// The question that it answers.
    pub question: String,
    /// The bytes, in the browser's memory rather than this program's. Never a `Blob`: those may be moved to the disk.
    pub bytes: js_sys::Uint8Array,
    /// Their SHA-256, hex.
    pub sha256: String,
    /// A small picture of it, as a `data:` address; empty where there is none.
    pub preview: String,
    /// A password protects it.
    pub locked: bool,
}

/// Everything that the person has entered, and where they are. A handle: copies share one state, which lives as long as the
/// page.
#[derive(Clone, Copy)]
pub struct AppState(&'static State);

/// What the handle leads to.
pub struct State {
    /// The pack.
    pub loaded: &'static Loaded,
    /// The language tag in use.
    pub language_tag: Signal<&'static str>,
    /// What was typed.
    entries: RefCell<Entries>,
    /// Paths of the questions that have been shown: an element's `id` is its path's place here.
    paths: RefCell<Vec<String>>,
    /// Phases that are asked.
    phases: RefCell<Vec<u8>>,
    /// Clean answers and faults, kept up with the entries.
    pub validation: Signal<Validation>,
    /// Where the person is.
    pub step: Signal<Step>,
    /// What the present page complains of, since "continue" was pressed.
    pub shown: Signal<Vec<Fault>>,
    /// A "change" link of the check page led here: continue leads back there.
    pub returning: Cell<bool>,
    /// A file is being read.
    pub attaching: Signal<bool>,
    /// Files, by their names in the archive.
    pub files: RefCell<Vec<Attached>>,
    /// The worker that seals and sends, from the first answers on.
    pub sealer: RefCell<Option<Sealer>>,
    /// It has come, and with it the words of [`crate::i18n::DeferredText`]. No question is asked before.
    pub worker_ready: Signal<bool>,
    /// It did not come when it was last asked for.
    pub missing: Signal<bool>,
    /// Where the person goes once it is there.
    pub after: RefCell<Step>,
    /// The page was loaded anew while it was being filled in: what was typed is gone.
    pub reloaded: bool,
    /// How far it is.
    pub progress: Signal<Progress>,
    /// Whether the phone may keep the sealed file until it has arrived.
    pub keeps: Cell<bool>,
    /// The sealed files that the phone had kept when the page was loaded have arrived or been deleted.
    pub cleared: Signal<bool>,
    /// The draft that the phone had kept when the page was loaded has been opened, replaced or deleted.
    pub begun_anew: Signal<bool>,
    /// What is being sent is what the phone had kept.
    pub resumes: Cell<bool>,
    /// What is being sent is a file that was saved before.
    pub saved_file: RefCell<Option<JsValue>>,
    /// The phone keeps the sealed file until it has arrived.
    pub kept: Signal<bool>,
    /// What is typed is kept as a draft, anew with every page.
    pub saves: Cell<bool>,
    /// The words that lock it.
    draft_passphrase: RefCell<String>,
    /// The last time that failed.
    pub unsaved: Signal<bool>,
    /// Where the page that saves a draft was called from.
    pub called_from: RefCell<Step>,
    /// Questions to the sealer so far.
    pub asked: Cell<u32>,
    /// Those without an answer.
    pub questions: RefCell<Vec<Question>>,
    /// Grows whenever something changes that would be sealed: the sealer seals each version once.
    pub version: Cell<u32>,
    /// SHA-256 of the pack and of its form, once the sealer trusts them.
    pub hashes: RefCell<[String; 2]>,
    /// The code, from the moment it is first shown.
    receipt: RefCell<Option<Receipt>>,
}

impl Deref for AppState {
    type Target = State;

    fn deref(&self) -> &State {
        self.0
    }
}

/// Today in Kabul: the phone's clock, but never before the day this program was built.
pub fn today() -> Day {
    const KABUL_MS: f64 = 4.5 * 3_600_000.0;
    #[expect(clippy::cast_possible_truncation, reason = "days since 1970 fit for millions of years")]
    let clock = Day(((js_sys::Date::now() + KABUL_MS) / 86_400_000.0) as i32);
    clock.max(build_day())
}

/// The pack that the server put into the page, if it is one for this site and day.
pub fn load() -> Result<&'static Loaded, PackError> {
    let broken = || PackError::Malformed(String::new());
    let text = document()
        .get_element_by_id(amanat_shared::api::PACK_ELEMENT)
        .and_then(|element| element.text_content())
        .ok_or_else(broken)?;
    let signed = json_of_literal(&text)?;
    let pack = SignedPack::from_json(&signed)?.read_for_the_phone(today())?;
    let location = window().location();
    if !is_site(&pack.site, &location.host().unwrap_or_default(), &location.hostname().unwrap_or_default()) {
        return Err(PackError::Site(pack.site));
    }
    Ok(Box::leak(Box::new(Loaded { pack, signed })))
}

/// Whether a page of this site may stand on this host, whose name without a port is `name`. An onion's name is a key, and a
/// loopback's page comes from the phone itself.
fn is_site(site: &str, host: &str, name: &str) -> bool {
    host == site || name.rsplit('.').next() == Some("onion") || matches!(name, "" | "127.0.0.1" | "localhost" | "[::1]")
}

fn validation(loaded: &Loaded, entries: &Entries, phases: &[u8]) -> Validation {
    validate(&loaded.pack.form, entries, &Context { today: today(), phases, limits: loaded.pack.limits })
}

impl AppState {
    /// An empty form.
    pub fn new(loaded: &'static Loaded) -> Self {
        let first = loaded.pack.form.languages.first().map_or("en", String::as_str);
        let (entries, phases) = (Entries::default(), vec![1]);
        Self(Box::leak(Box::new(State {
            loaded,
            language_tag: Signal::new(first),
            validation: Signal::new(validation(loaded, &entries, &phases)),
            entries: RefCell::new(entries),
            paths: RefCell::new(Vec::new()),
            phases: RefCell::new(phases),
            step: Signal::new(Step::Language),
            shown: Signal::new(Vec::new()),
            returning: Cell::new(false),
            attaching: Signal::new(false),
            files: RefCell::new(Vec::new()),
            sealer: RefCell::new(None),
            worker_ready: Signal::new(false),
            missing: Signal::new(false),
            after: RefCell::new(Step::Language),
            reloaded: was_reloaded(),
            progress: Signal::new(Progress::Sealing(0)),
            keeps: Cell::new(false),
            cleared: Signal::new(false),
            begun_anew: Signal::new(false),
            resumes: Cell::new(false),
            saved_file: RefCell::new(None),
            kept: Signal::new(false),
            saves: Cell::new(false),
            draft_passphrase: RefCell::new(String::new()),
            unsaved: Signal::new(false),
            called_from: RefCell::new(Step::Language),
            asked: Cell::new(0),
            questions: RefCell::new(Vec::new()),
            version: Cell::new(0),
            hashes: RefCell::default(),
            receipt: RefCell::new(None),
        })))
    }

    /// Reads what was entered anew: whatever is sealed from now on is another registration.
    fn changed(self) {
        self.version.set(self.version.get() + 1);
        self.validation.set(validation(self.loaded, &self.entries.borrow(), &self.phases.borrow()));
    }

    /// The form.
    pub fn form(self) -> &'static Form {
        &self.loaded.pack.form
    }

    /// The interface's language.
    pub fn language(self) -> Language {
        Language::of(self.language_tag.get_untracked())
    }

    /// Changes the language.
    pub fn set_language(self, tag: &'static str) {
        self.language_tag.set(tag);
        self.changed();
    }

    /// The page of this name.
    pub fn page(self, name: &str) -> Option<&'static Page> {
        self.form().pages.iter().find(|page| page.name == name)
    }

    /// The `id` of the first control of the question at a path: `q1`, `q2` and so on. Browsers write an `id` to the disk, so
    /// it says nothing about the question.
    pub fn element_id(self, path: &str) -> String {
        let mut paths = self.paths.borrow_mut();
        let at = paths.iter().position(|known| known == path).unwrap_or_else(|| {
            paths.push(path.to_owned());
            paths.len() - 1
        });
        ["q", &(at + 1).to_string()].concat()
    }

    /// What was entered for a question. Groups and repeats: `group/question`, `repeat/0/question`.
    pub fn entry(self, path: &str) -> Option<Entry> {
        find(&self.entries.borrow(), &path.split('/').collect::<Vec<_>>()).cloned()
    }

    /// Changes what was entered; `None` empties it.
    ///
    /// An answer whose choices hang on this one is emptied with it: the same choice may mean something else now.
    pub fn enter(self, path: &str, entry: Option<Entry>) {
        let mut entries = self.entries.borrow_mut();
        for question in self.form().pages.iter().flat_map(|page| &page.questions) {
            if question.choices_by.as_ref().is_some_and(|by| by.question == path) {
                entries.0.remove(&question.name);
            }
        }
        put(&mut entries, &path.split('/').collect::<Vec<_>>(), entry);
        drop(entries);
        self.changed();
    }

    /// The code of this registration: made when it is first asked for, the same from then on.
    pub fn receipt(self) -> Receipt {
        if let Some(code) = &*self.receipt.borrow() {
            return code.clone();
        }
        let code = Receipt::generate(|bytes| {
            getrandom::fill(bytes).expect("without randomness the browser could not have loaded this page's program");
        });
        self.receipt.replace(Some(code.clone()));
        code
    }

    /// Whether the person would lose what was entered if the page were closed now.
    pub fn would_lose(self) -> bool {
        let is_gone = matches!(self.step.get(), Step::Left) || self.progress.get() == Progress::Received;
        self.validation.with(|_| self.has_entries()) && !is_gone && !self.saves.get() && !self.kept.get()
    }

    /// Whether something was entered.
    pub fn has_entries(self) -> bool {
        !self.entries.borrow().0.is_empty()
    }

    /// Forgets everything that was entered.
    pub fn forget(self) {
        self.entries.take();
        self.receipt.take();
        stop(self);
        self.files.take();
        self.saved_file.take();
        self.questions.take();
        self.draft_passphrase.take();
        self.shown.set(Vec::new());
        self.changed();
        self.step.set(Step::Left);
    }
}

/// The faults of a page's questions.
pub fn faults_of(validation: &Validation, page: &Page) -> Vec<Fault> {
    validation
        .faults
        .iter()
        .filter(|fault| page.questions.iter().any(|question| is_within(&fault.path, &question.name)))
        .cloned()
        .collect()
}

/// Whether a path is this question or inside it.
pub fn is_within(path: &str, question: &str) -> bool {
    path.strip_prefix(question).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
