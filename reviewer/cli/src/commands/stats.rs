//! `stats`.

use std::path::PathBuf;

use amanat_reviewer_core::cases::Names;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::stats;
use clap::Args;

use super::Done;
use super::case_folder::{FolderArgs, unopened};

const EXAMPLES: &str = "Examples:
  amanat-reviewer stats --identity keys/identity.key cases
  amanat-reviewer stats --identity keys/identity.key --notebook karima.notebook.age cases
  amanat-reviewer stats --identity keys/identity.key --json cases > counts.json";

/// Offline: count a folder's cases, without a number that could point at somebody.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Stats {
    #[command(flatten)]
    folder: FolderArgs,
    /// The notebook with status: how far cases are is counted too.
    #[arg(long)]
    notebook: Option<PathBuf>,
    /// Prints JSON for programs.
    #[arg(long)]
    json: bool,
}

impl Stats {
    pub(super) fn run(self) -> Result<Done, Message> {
        let all = self.folder.read(Names::Hidden, None, self.notebook.as_deref())?;
        let statistics = stats::of_cases(&all.cases, self.notebook.is_some());
        if self.json {
            println!("{}", serde_json::to_string_pretty(&statistics).map_err(Message::without_advice)?);
        } else {
            print!("{}", stats::text(&statistics));
        }
        Ok(unopened(&all, ", and are not counted"))
    }
}
