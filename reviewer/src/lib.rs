//! The reviewer's tool. Whoever sealed a file may be an enemy: nothing inside it can write outside its folder, command
//! the terminal, or pose as our own words.
//!
//! Shared by the commands and the offline desk page (`desk/`), without disk, network or clock:
//! - [`identities`]: what opens files; [`newest`]: the newest pack that was seen with them;
//! - [`sealed`]: opening and checking a file in memory; [`unopened`]: what is said of those that did not open;
//! - [`cases`]: the list, the most urgent first; [`search`] finds names across spellings, [`joined`] and [`duplicates`] say
//!   what belongs together, [`received`] when it came;
//! - [`show`] and [`sheet`]: one case, for a terminal and for a page, with the questions of [`flags`]; [`picture`]: attached
//!   pictures, decoded here and nowhere else;
//! - [`notebook`]: what reviewers write about cases, and merge;
//! - [`referral`]: chosen columns of a few cases, sealed to one partner; [`stats`]: counts that name nobody;
//! - [`bundle`]: a folder of sealed files as one file; [`leftovers`]: what else lies on a stick;
//! - [`plain`]: text files as editors leave them;
//! - [`forms`], [`wording`], [`rules`], [`terminal`]: answers in words, the rules of contact and sharing first.
//!
//! On a computer with a disk: [`keys`] makes both keys and reads them; [`passphrase`] is what an identity is locked with.
//!
//! Online, with the access key, which opens nothing:
//! - [`online`]: requests, each with a token of its own;
//! - [`audit`] follows the server's log of what was done, before anything is fetched;
//! - [`pull`] fetches ciphertext, [`packs`] the signed pack;
//! - [`ack::send`] and [`discard::send`] send what [`outgoing`] reads, and [`object`] holds deletions up.
//!
//! Offline on a disk, with the decryption identity, which never goes online:
//! - [`disk`]: sealed files and the pack beside them; [`files`] under it; [`folder`] reads many;
//! - [`keep`] copies what came on a stick, and checks the copy;
//! - [`open`] writes one registration into a folder of its own; [`ack::make`], [`discard::make`];
//! - [`rekey`] re-seals files to a changed list of reviewers; [`rotate`] does so for a new identity, and destroys the old.
//!
//! Every error is two lines: what happened, what to do.

pub mod bundle;
pub mod cases;
pub mod duplicates;
pub mod flags;
pub mod forms;
pub mod identities;
pub mod joined;
pub mod leftovers;
pub mod newest;
pub mod notebook;
pub mod picture;
pub mod plain;
pub mod received;
pub mod referral;
pub mod rules;
pub mod sealed;
pub mod search;
pub mod sheet;
pub mod show;
pub mod stats;
pub mod terminal;
pub mod today;
pub mod unopened;
pub mod wording;

#[cfg(not(target_arch = "wasm32"))]
pub mod ack;
#[cfg(not(target_arch = "wasm32"))]
pub mod audit;
#[cfg(not(target_arch = "wasm32"))]
pub mod clock;
#[cfg(not(target_arch = "wasm32"))]
pub mod discard;
#[cfg(not(target_arch = "wasm32"))]
pub mod disk;
#[cfg(not(target_arch = "wasm32"))]
mod earlier;
#[cfg(not(target_arch = "wasm32"))]
pub mod files;
#[cfg(not(target_arch = "wasm32"))]
pub mod folder;
#[cfg(not(target_arch = "wasm32"))]
pub mod keep;
#[cfg(not(target_arch = "wasm32"))]
pub mod keys;
#[cfg(not(target_arch = "wasm32"))]
pub mod object;
#[cfg(not(target_arch = "wasm32"))]
pub mod online;
#[cfg(not(target_arch = "wasm32"))]
pub mod open;
#[cfg(not(target_arch = "wasm32"))]
pub mod outgoing;
#[cfg(not(target_arch = "wasm32"))]
pub mod packs;
#[cfg(not(target_arch = "wasm32"))]
pub mod passphrase;
#[cfg(not(target_arch = "wasm32"))]
pub mod pull;
#[cfg(not(target_arch = "wasm32"))]
pub mod rekey;
#[cfg(not(target_arch = "wasm32"))]
pub mod rotate;
