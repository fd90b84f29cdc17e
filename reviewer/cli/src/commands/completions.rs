//! `completions`.

use amanat_reviewer_core::message::Message;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Done};

const EXAMPLES: &str = "\
Example:
  amanat-reviewer completions bash > ~/.local/share/bash-completion/completions/amanat-reviewer";

/// Print what makes a shell complete this program's words.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    #[expect(clippy::unnecessary_wraps, reason = "all commands end alike")]
    pub(super) fn run(self) -> Result<Done, Message> {
        clap_complete::generate(self.shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut std::io::stdout());
        Ok(Done::All)
    }
}
