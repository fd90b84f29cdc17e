//! Assembles the list of cases, in the same way for the command line and the desk.

use amanat_shared::pack::Pack;

use super::{Case, Standing, duplicates, order, updates};
use crate::arrival_times::ArrivalTimes;
use crate::decrypt::{Fault, RESEALED_SUFFIX, identity_in_name};
use crate::notebook::Notebook;
use crate::unopened::OpenAttempts;

/// The cases of a folder, and what is wrong with its other files.
#[derive(Debug, Default)]
pub struct CaseList {
    /// The cases, the most urgent first.
    pub cases: Vec<Case>,
    /// Files that did not open, and second copies of those that did: each file's name without `.age`, and its fault.
    pub failures: Vec<(String, Fault)>,
    /// Registrations that the server has listed, and that no file here is.
    pub missing: usize,
}

impl CaseList {
    /// Adds what reviewers wrote, and puts the cases in order again: those that are done come last.
    pub fn apply_notebook(&mut self, notebook: &Notebook) {
        apply_notebook(&mut self.cases, notebook);
        sort(&mut self.cases);
    }
}

/// Collects the files of a folder one by one, and makes the list of cases.
#[derive(Debug)]
pub struct CaseListBuilder<'a> {
    times: &'a ArrivalTimes,
    pack: Option<&'a Pack>,
    cases: Vec<Case>,
    failures: Vec<(String, Fault)>,
}

impl<'a> CaseListBuilder<'a> {
    /// Starts with the server's times of receipt and the pack that lie beside the files.
    pub fn new(times: &'a ArrivalTimes, pack: Option<&'a Pack>) -> Self {
        Self { times, pack, cases: Vec::new(), failures: Vec::new() }
    }

    /// Adds the row of a file that opened.
    pub fn add(&mut self, case: Case) {
        self.cases.push(case);
    }

    /// Adds a file that did not open, by its name without `.age`.
    pub fn add_failure(&mut self, file: String, fault: Fault) {
        self.failures.push((file, fault));
    }

    /// Makes the list. `files` are the names of all sealed files without `.age`, `own` the public halves of the identity
    /// that opened them.
    pub fn build<'b>(mut self, files: impl Iterator<Item = &'b str>, own: &[String]) -> CaseList {
        let copies = dedupe(&mut self.cases);
        sort(&mut self.cases);
        link_cases(&mut self.cases);
        let Self { times, pack, cases, failures } = self;
        let files: Vec<&str> = files.collect();
        let opened = || cases.iter().map(|case| case.sha256.as_str());
        let missing = times.missing(opened().chain(files.iter().copied()));
        let attempts = OpenAttempts::new(times, opened(), pack, own);
        let told = |(file, fault): (String, Fault)| attempts.judge(&file, fault).map(|fault| (file, fault));
        let copies = copies.into_iter().map(|file| (file, Fault::Copy));
        let failures = failures.into_iter().filter_map(told).chain(copies).collect();
        CaseList { cases, failures, missing }
    }
}

/// Puts cases in the order of triage. Both the command line and the desk select from a list that is sorted already, which
/// takes one pass.
fn sort(cases: &mut [Case]) {
    cases.sort_by(|one, other| order(one).cmp(&order(other)));
}

/// Keeps one file of each registration: two rows of one person would each pass for the other's duplicate. Gives back the names
/// of the others. The file that is named by the registration's identity stays.
fn dedupe(cases: &mut Vec<Case>) -> Vec<String> {
    let is_named = |case: &Case| identity_in_name(&case.file) == Some(case.sha256.as_str());
    cases.sort_by(|one, other| (&one.sha256, !is_named(one), &one.file).cmp(&(&other.sha256, !is_named(other), &other.file)));
    let mut copies = Vec::new();
    cases.dedup_by(|later, first| {
        let same = later.sha256 == first.sha256;
        // A colleague's new form of it is no news.
        if same && !later.file.ends_with(RESEALED_SUFFIX) {
            copies.push(later.file.clone());
        }
        same
    });
    copies
}

/// Joins updates to their earlier registrations and marks likely duplicates, among all of them.
pub(super) fn link_cases(cases: &mut [Case]) {
    let threads = updates::join(cases);
    duplicates::mark(cases, &threads);
}

/// Adds what reviewers wrote.
pub fn apply_notebook(cases: &mut [Case], notebook: &Notebook) {
    let referred = notebook.referred();
    for case in cases {
        let standing = notebook.work(&case.sha256).map_or_else(Standing::default, |work| Standing {
            status: work.status(),
            assigned: work.assigned().cloned(),
            updated: work.updated(),
            notes: work.notes.len(),
            referred: false,
            conflicts: work.conflicts(),
        });
        case.standing = Standing { referred: referred.contains(case.sha256.as_str()), ..standing };
    }
}
