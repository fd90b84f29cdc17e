//! `bundle`.

use std::path::PathBuf;

use amanat_reviewer::bundle;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::safe_text;
use clap::Args;

use super::Done;

const EXAMPLES: &str = "\
Example:
  Put the week's folder into one file on the stick, to be dropped on the desk:
    amanat-reviewer bundle --out /media/stick/week-47.tar sealed

It is an ordinary tar: `tar -xf week-47.tar -C sealed` makes a folder of it again, for the commands that take one.";

/// Put the folder that `pull` wrote into one file, which the desk takes in place of the folder. Nothing is opened.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Bundle {
    /// The file to write.
    #[arg(long)]
    out: PathBuf,
    /// The folder that `pull` wrote.
    folder: PathBuf,
}

impl Bundle {
    pub(super) fn run(self) -> Result<Done, Message> {
        let files = bundle::write(&self.folder, &self.out)?;
        println!("{files} files in {}. They are sealed as before.", safe_text::path(&self.out));
        Ok(Done::All)
    }
}
