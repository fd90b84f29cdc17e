//! `object`.

use std::path::PathBuf;

use amanat_reviewer::object::{self, Objection, Selection};
use amanat_reviewer_core::message::Message;
use clap::Args;

use super::{ConnectionArgs, Done};

/// Online: object to deletions that reviewers have asked for. What you object to stays until it is too old.
#[derive(Args)]
pub(super) struct Object {
    #[command(flatten)]
    connection: ConnectionArgs,
    /// The folder that `pull` writes to: by that its next run knows that this was you, on another computer too.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Withdraw your objection instead; your own acknowledgement goes with it, and the others wait anew.
    #[arg(long)]
    withdraw: bool,
    /// All that is to be deleted before its time, or, to withdraw, all that you object to.
    #[arg(long)]
    all: bool,
    /// Beginnings of references, as `list` shows them.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    references: Vec<String>,
}

impl Object {
    pub(super) fn run(self) -> Result<Done, Message> {
        let online = self.connection.open(self.out.as_deref())?;
        let which = if self.all { Selection::All } else { Selection::Beginning(self.references) };
        let wish = if self.withdraw { Objection::Withdraw } else { Objection::Object };
        let result = object::send(&online, &which, wish)?;
        print!("{}", object::report(&result, wish));
        Ok(Done::unless(!result.unknown.is_empty()))
    }
}
