//! `list`.

use std::path::PathBuf;

use amanat_reviewer::cases::{self, Desk, Names};
use amanat_reviewer::{clock, disk, folder};
use amanat_shared::dates::Day;
use clap::Args;

use super::{Done, Offline, Words, say};

/// Offline: list all cases of a folder, the most urgent first, without names.
#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    offline: Offline,
    #[command(flatten)]
    words: Words,
    /// Show names too.
    #[arg(long)]
    names: bool,
    /// Which page of twenty.
    #[arg(long, default_value_t = 1)]
    page: usize,
    /// The day to reckon deadlines from, YYYY-MM-DD; today in Kabul if not given.
    #[arg(long, value_parser = day)]
    today: Option<Day>,
    /// The folder that `pull` wrote.
    dir: PathBuf,
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        let identities = self.offline.unlock()?;
        let forms = disk::forms(self.words.pack.as_deref(), Some(&self.dir))?;
        let names = if self.names { Names::Shown } else { Names::Hidden };
        let today = self.today.unwrap_or_else(|| clock::day_in_kabul(clock::now()));
        let desk = Desk { forms: &forms, language: &self.words.language, names, today };
        let all = folder::read(&self.dir, &identities, desk)?;
        print!("{}", cases::page(&all.cases, self.page, names));
        if !all.failures.is_empty() {
            eprintln!("{} could not be opened:", all.failures.len());
        }
        all.failures.iter().for_each(say);
        Ok(Done::unless(!all.failures.is_empty()))
    }
}

fn day(text: &str) -> Result<Day, String> {
    Day::from_iso(text).ok_or_else(|| "not a day; write it as 2026-11-23".to_owned())
}
