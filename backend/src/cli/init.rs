//! `amanat init` writes a new deployment's files, each with comments that explain it.

use std::fs;
use std::path::PathBuf;

use amanat_backend::files::{self, Readers};
use amanat_shared::dates::Day;
use clap::Args;

use super::Failure;
use super::output::say;
use super::shell::{command_name, shell_quote};

const CONFIG: &str = include_str!("amanat.toml");
const DRAFT: &str = include_str!("pack.toml");

/// Arguments of `amanat init DIR`.
#[derive(Debug, Args)]
pub struct Init {
    /// A new folder, or an empty one
    dir: PathBuf,
}

impl Init {
    /// Writes the files and prints the next steps.
    pub fn run(self, today: Day) -> Result<(), Failure> {
        let dir = &self.dir;
        let whole = [("amanat.toml", CONFIG.to_owned()), ("pack.toml", DRAFT.replace("TODAY", &today.iso()))];
        for (name, _) in &whole {
            let path = dir.join(name);
            if path.symlink_metadata().is_ok() {
                return Err(Failure::write(&path, &std::io::ErrorKind::AlreadyExists.into()));
            }
        }
        files::create_folder(&dir.join("mail")).map_err(|error| Failure::write(dir, &error))?;
        for (name, text) in &whole {
            let path = dir.join(name);
            files::write_new(&path, text.as_bytes(), Readers::Owner).map_err(|error| Failure::write(&path, &error))?;
        }
        let place = fs::canonicalize(dir).unwrap_or_else(|_| dir.clone());
        let (shown, amanat) = (shell_quote(&place), command_name("amanat"));
        say(format_args!(
            "Wrote {shown}/amanat.toml, {shown}/pack.toml and {shown}/mail/.

1. Offline, each keeper of a root (here two, and both have to sign):
       {amanat} pack new-root --out root-1
       {amanat} pack new-root --out root-2
   The public halves go into roots.toml:
       {amanat} pack roots --threshold 2 --out roots.toml root-1.pub root-2.pub
   With roots.toml in the folder of the source, the programs are built there with them, and replace those that know no root:
       make release ROOT=roots.toml
       install -m 755 target/release-build/release/amanat target/release-build/release/amanat-reviewer /usr/local/bin/
2. Each reviewer, on a computer that is offline:
       amanat-reviewer keygen reviewer-1
   It says two lines, recipient and access_key (again in reviewer-1/send-to-coalition.txt): they go into pack.toml, each in
   place of the key with dots.
3. Correct the rest of pack.toml, then:
       amanat pack check --config {shown}/amanat.toml {shown}/pack.toml
4. Offline, every root in turn; each reads whom it seals to and what changed, and types its serial:
       amanat pack sign --key root-1.key --out signed {shown}/pack.toml
       amanat pack sign --key root-2.key --out signed signed/pack.json
   Then to the server. Before its last day, a new pack with a greater serial is signed and copied in the same way:
       cp signed/pack.json signed/pack.json.1.minisig signed/pack.json.2.minisig {shown}/
5. Correct amanat.toml, then:
       amanat mail-test --config {shown}/amanat.toml
       amanat serve --config {shown}/amanat.toml
   And while it serves:
       amanat status --config {shown}/amanat.toml"
        ));
        Ok(())
    }
}
