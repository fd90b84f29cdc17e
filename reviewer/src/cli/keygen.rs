//! `keygen`.

use std::path::PathBuf;

use amanat_reviewer::keys;
use amanat_shared::seal::Kind;
use clap::Args;

use super::Done;

/// Make a decryption identity and an access key, and the lines to send to the coalition.
#[derive(Args)]
pub(super) struct Keygen {
    /// A folder for the keys, on the offline computer.
    dir: PathBuf,
    /// A classic key (age1…) in place of a post-quantum one (age1pq1…).
    #[arg(long)]
    x25519: bool,
}

impl Keygen {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        let to_send = keys::generate(&self.dir, if self.x25519 { Kind::X25519 } else { Kind::Hybrid })?;
        println!("{to_send}");
        println!("Send these lines ({}) to the coalition, and compare the last one by voice.", keys::TO_SEND);
        println!(
            "{}: opens registrations. It must never touch an online computer, a phone or a cloud. Whoever has it can read everything.",
            keys::IDENTITY
        );
        println!("{}: fetches sealed files and opens nothing. Carry it to the online computer.", keys::ACCESS);
        Ok(Done::All)
    }
}
