//! The reviewers' tools without disk, network, clock or randomness: bytes and values in, bytes and values out. The command
//! line (`amanat-reviewer`) and the offline desk page (`amanat-desk`) share it.
//!
//! The author of a sealed file may be an enemy: nothing inside it can write outside its folder, command the terminal, or
//! pass for the tool's own words.
//!
//! - [`identities`]: the keys that open files; [`newest_pack`]: the newest pack that was seen with them;
//! - [`decrypt`]: opening and checking a file in memory; [`unopened`]: explanations of files that did not open;
//! - [`afghan_form`]: the meaning of the form's questions; [`forms`]: the forms that are known here;
//! - [`cases`]: the list, the most urgent first, with updates and likely duplicates joined; [`search`] finds names across
//!   spellings, [`arrival_times`] are the server's times of receipt, [`clock_check`] doubts the computer's clock;
//! - [`case_text`] and [`case_view`]: one case, for a terminal and for a page; [`contact_rules`] and [`interview_flags`]:
//!   the rules of contact and sharing, and questions for an interviewer; [`answer_text`]: answers in words;
//! - [`picture`]: attached pictures, decoded here and nowhere else; [`safe_text`]: text that is safe to show;
//! - [`notebook`]: the reviewers' entries about cases, which merge;
//! - [`referral`]: chosen columns of a few cases, sealed to one partner; [`stats`]: counts that name nobody;
//! - [`bundle`]: a folder of sealed files as one file; [`leftovers`]: other files on a stick;
//! - [`outgoing`]: acknowledgements and discards on their way to the server; [`deletions`]: those that the server lists;
//! - [`message`]: what a person is told of an error; [`text_file`]: text files as editors leave them.

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
pub mod message;
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
