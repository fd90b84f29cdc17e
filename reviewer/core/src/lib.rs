//! The reviewers' tools without disk, network, clock or randomness: bytes and values in, bytes and values out. The command
//! line (`amanat-reviewer`) and the offline desk page (`amanat-desk`) share it.
//!
//! The author of a sealed file may be an enemy: nothing inside it can write outside its folder, command the terminal, or
//! pass for the tool's own words.
//!
//! - [`identities`]: the keys that open files; [`newest_pack`]: the newest pack that was seen with them;
//! - [`decrypt`]: opening and checking a file in memory; [`unopened`]: what is said of those that did not open;
//! - [`cases`]: the list, the most urgent first; [`search`] finds names across spellings, [`joined`] and [`duplicates`] say
//!   what belongs together, [`arrival_times`] when it came;
//! - [`case_text`] and [`case_view`]: one case, for a terminal and for a page, with the questions of [`interview_flags`]; [`picture`]: attached
//!   pictures, decoded here and nowhere else;
//! - [`notebook`]: what reviewers write about cases, and merge;
//! - [`referral`]: chosen columns of a few cases, sealed to one partner; [`stats`]: counts that name nobody;
//! - [`bundle`]: a folder of sealed files as one file; [`leftovers`]: what else lies on a stick;
//! - [`outgoing`]: acknowledgements and discards on their way to the server; [`deletions`]: those that the server lists;
//! - [`text_file`]: text files as editors leave them;
//! - [`forms`], [`answer_text`], [`contact_rules`], [`safe_text`]: answers in words, the rules of contact and sharing first.

pub mod afghan_form;
pub mod answer_text;
pub mod arrival_times;
pub mod bundle;
pub mod case_text;
pub mod case_view;
pub mod cases;
pub mod clock_check;
pub mod contact_rules;
pub mod decrypt;
pub mod deletions;
pub mod forms;
pub mod identities;
pub mod interview_flags;
pub mod leftovers;
pub mod newest_pack;
pub mod notebook;
pub mod outgoing;
pub mod picture;
pub mod referral;
pub mod safe_text;
pub mod search;
pub mod stats;
pub mod text_file;
pub mod unopened;
