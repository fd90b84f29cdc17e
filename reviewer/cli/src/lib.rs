//! The command line's library: disk, network and clock around `amanat-reviewer-core`. Every error is two lines: what
//! happened, and what to do.
//!
//! [`keys`] makes both keys and reads them; [`passphrase`] protects an identity.
//!
//! Online, with the access key, which opens nothing:
//! - [`online`] sends requests, each with a token of its own, and notes them in the [`request_ledger`];
//! - [`audit`] follows the server's log before anything is fetched;
//! - [`pull`] fetches ciphertext, [`packs`] the signed pack; [`earlier_packs`] keeps the forms of replaced packs;
//! - [`ack::send`] and [`discard::send`] send what [`outgoing`] reads, and [`object`] objects to deletions.
//!
//! Offline, with the decryption identity, which never goes online:
//! - [`sealed_file`] opens sealed files and the pack beside them; [`scan`] opens a folder; both stand on [`atomic_file`];
//! - [`notebook_file`] keeps notebooks; [`bundle`] makes one file of a folder; [`folder_scan`] looks for updates of cases;
//! - [`keep`] copies files from a stick, and checks the copy;
//! - [`open`] writes one registration into a folder of its own; [`ack::make`] and [`discard::make`] make lists for `push`;
//! - [`rekey`] re-seals files to a changed list of reviewers; [`rotate`] does so for a new identity, and destroys the old.

pub mod ack;
pub mod atomic_file;
pub mod audit;
pub mod bundle;
pub mod clock;
pub mod discard;
pub mod earlier_packs;
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
