//! `list`.

use std::path::PathBuf;

use amanat_reviewer_core::afghan_form::RegistrationKind;
use amanat_reviewer_core::arrival_times;
use amanat_reviewer_core::cases::{self, Assigned, Case, Filter, Names, Sort};
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::{Author, Status};
use amanat_shared::dates::Day;
use amanat_shared::form::Tier;
use clap::Args;
use clap::builder::TypedValueParser;

use super::case_folder::{FolderArgs, unopened};
use super::{Done, author, day, input, one_of, progress, status};

const EXAMPLES: &str = "\
Examples:
  The most urgent cases, without names:
    amanat-reviewer list --identity identity.key pulled
  Who must leave within a week, in Pakistan:
    amanat-reviewer list --identity identity.key --country PK --within 7 pulled
  Whose name sounds like this, in any spelling:
    amanat-reviewer list --identity identity.key --find --names pulled
    The name is typed when it is asked for; from a file: … --find --names pulled < name.txt
  What nobody has taken yet, with the notebook's status:
    amanat-reviewer list --identity identity.key --notebook ali.notebook.age --unassigned pulled
  For a program, without names:
    amanat-reviewer list --identity identity.key --json pulled";

/// Offline: list all cases of a folder, the most urgent first, without names.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    #[command(flatten)]
    folder: FolderArgs,
    /// Only of this tier.
    #[arg(long, value_parser = tier())]
    tier: Option<Tier>,
    /// Only as far as this, by the notebook.
    #[arg(long, value_parser = status())]
    status: Option<Status>,
    /// Only in this country: PK, or as the list says it.
    #[arg(long)]
    country: Option<String>,
    /// Only this work: judge, or as the list says it.
    #[arg(long)]
    role: Option<String>,
    /// Only first registrations, updates, or requests for deletion.
    #[arg(long, value_parser = one_of([("first", RegistrationKind::First), ("update", RegistrationKind::Update), ("deletion", RegistrationKind::Deletion)]))]
    kind: Option<RegistrationKind>,
    /// Only with a deadline today or within so many days.
    #[arg(long, value_name = "DAYS")]
    within: Option<u32>,
    /// Only this reviewer's, by the notebook.
    #[arg(long, value_name = "NAME", value_parser = author)]
    assigned: Option<Author>,
    /// Only nobody's, by the notebook.
    #[arg(long, conflicts_with = "assigned")]
    unassigned: bool,
    /// Only with a name in any spelling, a telephone number, or the beginning of a hash, which is read from standard input:
    /// one line.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "", value_name = "")]
    find: Option<String>,
    /// The order of the list.
    #[arg(long, value_parser = sort(), default_value = "triage")]
    sort: Sort,
    /// The notebook with status and assignment.
    #[arg(long)]
    notebook: Option<PathBuf>,
    /// As JSON, all pages, never with names.
    #[arg(long)]
    json: bool,
    /// Show names too.
    #[arg(long)]
    names: bool,
    /// The page, of twenty cases each.
    #[arg(long, default_value_t = 1)]
    page: usize,
    /// The day to reckon deadlines from, YYYY-MM-DD; today in Kabul if not given.
    #[arg(long, value_parser = day)]
    today: Option<Day>,
    /// Not taken: see `--find`.
    #[arg(hide = true)]
    more: Vec<String>,
}

/// The name of the search text in an error.
const WANTED: &str = "what is looked for";

impl List {
    pub(super) fn run(self) -> Result<Done, Message> {
        input::refuse(self.find.as_deref().filter(|text| !text.is_empty()), WANTED)?;
        input::refuse(self.more.first(), WANTED)?;
        let text = match &self.find {
            Some(_) => input::line_quietly("A name, a telephone number, or the beginning of a hash: ")?,
            None => String::new(),
        };
        let names = if self.names && !self.json { Names::Shown } else { Names::Hidden };
        let all = self.folder.read(names, self.today, self.notebook.as_deref())?;
        let filter = Filter {
            tier: self.tier,
            status: self.status,
            country: self.country,
            role: self.role,
            assigned: if self.unassigned { Some(Assigned::Nobody) } else { self.assigned.map(Assigned::To) },
            within_days: self.within,
            kind: self.kind,
            text,
        };
        let found: Vec<&Case> = cases::select(&all.cases, &filter, self.sort).into_iter().map(|at| &all.cases[at]).collect();
        if self.json {
            println!("{}", cases::json(&found));
        } else {
            print!("{}", progress::coloured(&cases::page_within(&found, self.page, names, progress::columns())));
        }
        if let Some(warning) = arrival_times::missing(all.missing) {
            eprintln!("{warning}");
        }
        Ok(unopened(&all, ""))
    }
}

fn tier() -> impl TypedValueParser<Value = Tier> {
    one_of([("emergency", Tier::Emergency), ("urgent", Tier::Urgent), ("normal", Tier::Normal)])
}

fn sort() -> impl TypedValueParser<Value = Sort> {
    one_of([("triage", Sort::Triage), ("deadline", Sort::Deadline), ("received", Sort::Received), ("status", Sort::Status)])
}
