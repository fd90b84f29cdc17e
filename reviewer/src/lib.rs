//! The reviewer's tool. Whoever sealed a file may be an enemy: nothing inside it can write outside its folder, command
//! the terminal, or pose as our own words.
//!
//! Online, with the access key, which opens nothing:
//! - [`online`]: requests, each with a token of its own;
//! - [`audit`] follows the server's log of what was done, before anything is fetched;
//! - [`pull`] fetches ciphertext, [`packs`] the signed pack;
//! - [`ack::send`].
//!
//! Offline, with the decryption identity, which never goes online:
//! - [`keys`]: both keys, made and read;
//! - [`sealed`]: opening and checking a file in memory;
//! - [`open`] writes one into a folder of its own, [`show`] shows one, [`cases`] lists them all, [`ack::make`];
//! - [`forms`], [`wording`], [`rules`]: answers in words, the rules of contact and sharing first.
//!
//! Under both: [`files`], [`terminal`], [`clock`]. Every error is two lines: what happened, what to do.

pub mod ack;
pub mod audit;
pub mod cases;
pub mod clock;
pub mod files;
pub mod forms;
pub mod keys;
pub mod online;
pub mod open;
pub mod packs;
pub mod pull;
pub mod rules;
pub mod sealed;
pub mod show;
pub mod terminal;
pub mod wording;
