//! `amanat init`: a new deployment's files, each explained in itself.

use std::fs;
use std::path::PathBuf;

use amanat_backend::files::{self, Readers};
use amanat_shared::dates::Day;
use clap::Args;

use super::Failure;
use super::output::say;

const CONFIG: &str = include_str!("amanat.toml");
const DRAFT: &str = include_str!("pack.toml");

/// `amanat init DIR`.
#[derive(Debug, Args)]
pub struct Init {
    /// A new folder, or an empty one
    dir: PathBuf,
}

impl Init {
    /// Writes the files.
    pub fn run(self, today: Day) -> Result<(), Failure> {
        let dir = &self.dir;
        let whole = [("amanat.toml", CONFIG.to_owned()), ("pack.toml", DRAFT.replace("TODAY", &today.iso()))];
        for (name, _) in &whole {
            let path = dir.join(name);
            if path.symlink_metadata().is_ok() {
                return Err(Failure::write(&path, &std::io::ErrorKind::AlreadyExists.into()));
            }
        }
        files::folder(&dir.join("mail")).map_err(|error| Failure::write(dir, &error))?;
        for (name, text) in &whole {
            let path = dir.join(name);
            files::write_new(&path, text.as_bytes(), Readers::Owner).map_err(|error| Failure::write(&path, &error))?;
        }
        let shown = fs::canonicalize(dir).unwrap_or_else(|_| dir.clone());
        let shown = shown.display();
        say(format_args!(
            "Wrote {shown}/amanat.toml, {shown}/pack.toml and {shown}/mail/.

1. Offline, each keeper of a root:   amanat pack new-root --out root-1
   The public halves go into roots.toml, and the program is built with them: make release ROOT=roots.toml
2. Each reviewer:                    amanat-reviewer keygen DIR
   The keys that it says go into pack.toml.
3. Correct pack.toml, then:          amanat pack check --config {shown}/amanat.toml {shown}/pack.toml
4. Offline, every root in turn:      amanat pack sign --key root-1.key --out signed {shown}/pack.toml
   From the second on:               amanat pack sign --key root-2.key --out signed signed/pack.json
   Each reads whom it seals to and what changed, and types its serial.
   Carry signed/pack.json and its .minisig files to {shown}/. Before its last day, a new pack with a greater serial.
5. Correct amanat.toml, then:        amanat mail-test --config {shown}/amanat.toml
                                     amanat serve --config {shown}/amanat.toml
                                     amanat status --config {shown}/amanat.toml"
        ));
        Ok(())
    }
}
