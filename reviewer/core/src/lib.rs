//! The reviewers' tools without disk, network, clock or randomness: bytes and values in, bytes and values out. The command
//! line (`amanat-reviewer`) and the offline desk page (`amanat-desk`) share it.
//!
//! The author of a sealed file may be an enemy: nothing inside it can write outside its folder, command the terminal, or
//! pass for the tool's own words.
//!
//! - [`identities`]: the keys that open files; [`newest`]: the newest pack that was seen with them;
//! - [`sealed`]: opening and checking a file in memory; [`unopened`]: what is said of those that did not open;
//! - [`cases`]: the list, the most urgent first; [`search`] finds names across spellings, [`joined`] and [`duplicates`] say
//!   what belongs together, [`received`] when it came;
//! - [`show`] and [`sheet`]: one case, for a terminal and for a page, with the questions of [`flags`]; [`picture`]: attached
//!   pictures, decoded here and nowhere else;
//! - [`notebook`]: what reviewers write about cases, and merge;
//! - [`referral`]: chosen columns of a few cases, sealed to one partner; [`stats`]: counts that name nobody;
//! - [`bundle`]: a folder of sealed files as one file; [`leftovers`]: what else lies on a stick;
//! - [`outgoing`]: acknowledgements and discards on their way to the server; [`deletions`]: those that the server lists;
//! - [`plain`]: text files as editors leave them;
//! - [`forms`], [`wording`], [`rules`], [`terminal`]: answers in words, the rules of contact and sharing first.

pub mod bundle;
pub mod cases;
pub mod deletions;
pub mod duplicates;
pub mod flags;
pub mod forms;
pub mod identities;
pub mod joined;
pub mod leftovers;
pub mod newest;
pub mod notebook;
pub mod outgoing;
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
