//! The command line's library: disk, network and clock around `amanat-reviewer-core`.
//!
//! [`keys`] makes both keys and reads them; [`passphrase`] is what an identity is locked with.
//!
//! Online, with the access key, which opens nothing:
//! - [`online`]: requests, each with a token of its own;
//! - [`audit`] follows the server's log of what was done, before anything is fetched;
//! - [`pull`] fetches ciphertext, [`packs`] the signed pack;
//! - [`ack::send`] and [`discard::send`] send what [`outgoing`] reads, and [`object`] holds deletions up.
//!
//! Offline, with the decryption identity, which never goes online:
//! - [`sealed_file`]: sealed files and the pack beside them; [`atomic_file`] under it; [`scan`] reads many;
//! - [`notebook_file`]: notebooks on the disk; [`bundle`] makes one file of a folder; [`folder_scan`] looks for updates;
//! - [`keep`] copies what came on a stick, and checks the copy;
//! - [`open`] writes one registration into a folder of its own; [`ack::make`], [`discard::make`];
//! - [`rekey`] re-seals files to a changed list of reviewers; [`rotate`] does so for a new identity, and destroys the old.

pub mod ack;
pub mod atomic_file;
pub mod audit;
pub mod bundle;
pub mod clock;
pub mod discard;
mod earlier_packs;
pub mod folder_scan;
pub mod keep;
pub mod keys;
pub mod notebook_file;
pub mod object;
pub mod online;
pub mod open;
pub mod outgoing;
pub mod packs;
pub mod passphrase;
pub mod pull;
pub mod rekey;
pub mod request_ledger;
pub mod rotate;
pub mod scan;
pub mod sealed_file;
