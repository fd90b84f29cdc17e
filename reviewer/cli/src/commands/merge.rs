//! `merge`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use amanat_reviewer::clock;
use amanat_reviewer::notebook_file;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::file::Readers;
use amanat_reviewer_core::notebook::{MergeSummary, Work};
use amanat_reviewer_core::safe_text;
use clap::Args;

use super::pack_memory::PackMemory;
use super::{Done, IdentityArgs, say};

const EXAMPLES: &str = "\
Examples:
  Take in what two colleagues brought on a stick:
    amanat-reviewer merge --identity identity.key --notebook ali.notebook.age stick/karima.notebook.age stick/zia.notebook.age

Of status and assignment the one written last counts, and what two wrote without knowing of each other is named as a
conflict; all notes stay. An age file does not prove who made it: merge only
what a colleague has handed to you.";

/// Offline: take other reviewers' notebooks into one's own.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Merge {
    #[command(flatten)]
    identity: IdentityArgs,
    /// Your notebook, which takes in the others; it is made if it is not there.
    #[arg(long)]
    notebook: PathBuf,
    /// The pack whose reviewers may read it; if not given, the pack.json beside the notebook, or in --dir.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// The folder that `pull` wrote, with the pack.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Notebooks of others.
    #[arg(required = true)]
    others: Vec<PathBuf>,
}

impl Merge {
    pub(super) fn run(self) -> Result<Done, Message> {
        notebook_file::owner(&self.notebook)?;
        let identities = self.identity.unlock()?;
        let memory = PackMemory::new(&self.identity, &identities);
        let forms = memory.forms_to_seal(self.pack.as_deref(), self.dir.as_deref().or(self.notebook.parent()))?;
        let pack = forms.pack_to_seal_to(clock::day_in_kabul(clock::now()));
        let readers = Readers::new(pack, &identities.recipients())?;
        let now = clock::now();
        let mut opened = Vec::new();
        for path in &self.others {
            match notebook_file::load_existing(path, &identities, now) {
                Ok(notebook) => opened.push((path, notebook)),
                Err(error) => say(&error),
            }
        }
        let failed = opened.len() < self.others.len();
        if opened.is_empty() {
            return Ok(Done::Partly);
        }
        let news = notebook_file::change(&self.notebook, &identities, &readers, now, |ours| {
            let news: Vec<_> = opened.into_iter().map(|(path, notebook)| (path, ours.merge(notebook))).collect();
            let conflicts = |sha256: String| {
                let lines = ours.work(&sha256).map(Work::conflicts).unwrap_or_default();
                (sha256, lines)
            };
            let all: BTreeSet<String> = news.iter().flat_map(|(_, news)| news.conflicts.iter().cloned()).collect();
            Ok((all.into_iter().map(conflicts).collect::<Vec<_>>(), news))
        })?;
        let (work, news) = news;
        for (path, news) in news {
            println!("{}: {}", safe_text::path(path), words(&news));
        }
        for (sha256, lines) in work {
            for line in lines {
                println!("{}: {line}. What was written last counts until one of you sets it anew with `note`.", &sha256[..12]);
            }
        }
        if pack.is_none() {
            println!(
                "WARNING: there is no pack.json that is good today beside the notebook, so only this identity opens it. Give the newest with --pack."
            );
        }
        Ok(Done::unless(failed))
    }
}

fn words(news: &MergeSummary) -> String {
    if *news == MergeSummary::default() {
        return "nothing new.".to_owned();
    }
    let authors: Vec<String> = news.authors.iter().map(|author| safe_text::isolated(author.as_str())).collect();
    let pack = match news.newest_pack {
        0 => String::new(),
        serial => format!(" It has seen pack {serial}: nothing is sealed to an older one from now on."),
    };
    format!(
        "{} new notes, {} erased, {} cases with another status, {} assigned anew, {} in the log; words of {}.{pack}",
        news.notes,
        news.erased,
        news.statuses,
        news.assigned,
        news.log,
        if authors.is_empty() { "nobody new".to_owned() } else { authors.join(", ") }
    )
}
