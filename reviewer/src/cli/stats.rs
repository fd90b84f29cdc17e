//! `stats`.

use std::path::PathBuf;

use amanat_reviewer::cases::{Case, Kind, Names};
use amanat_reviewer::stats::{self, Record};
use amanat_shared::form::Tier;
use clap::Args;

use super::Done;
use super::cases::{Folder, unopened};

const EXAMPLES: &str = "Examples:
  amanat-reviewer stats --identity keys/identity.key cases
  amanat-reviewer stats --identity keys/identity.key --notebook karima.notebook.age cases
  amanat-reviewer stats --identity keys/identity.key --json cases > counts.json";

/// Offline: count a folder's cases, without a number that could point at somebody.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Stats {
    #[command(flatten)]
    folder: Folder,
    /// The notebook with status: how far cases are is counted too.
    #[arg(long)]
    notebook: Option<PathBuf>,
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl Stats {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        let all = self.folder.read(Names::Hidden, None, self.notebook.as_deref())?;
        // Updates and requests for deletion are of persons who are counted already, or must not be.
        let counted = || all.cases.iter().filter(|case| case.kind == Kind::First && !case.deletion_asked());
        let mut of = vec!["tier", "role", "country"];
        if self.notebook.is_some() {
            of.push("status");
        }
        if counted().any(|case| case.received.is_some()) {
            of.push("month received");
        }
        let records: Vec<Record> = counted().map(record).collect();
        let statistics = stats::count(&records, &of);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&statistics)?);
        } else {
            print!("{}", stats::text(&statistics));
        }
        Ok(unopened(&all.failures, ", and are not counted"))
    }
}

fn record(case: &Case) -> Record {
    let tier = match case.verdict.as_ref().map(|verdict| verdict.tier) {
        Some(Tier::Emergency) => "emergency",
        Some(Tier::Urgent) => "urgent",
        Some(Tier::Normal) => "normal",
        None => "form not known",
    };
    let mut record = Record::from([
        ("tier", tier.to_owned()),
        ("role", case.role.clone()),
        ("country", case.country.clone()),
        ("status", case.standing.status.words().to_owned()),
    ]);
    if let Some(received) = &case.received {
        record.insert("month received", received.month().to_owned());
    }
    record
}
