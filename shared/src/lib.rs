//! Formats and rules on which phone, server and reviewer must agree.
//!
//! Bytes and values in, bytes and values out: no I/O, no clock, no globals. The map, in the order in which a
//! registration passes through:
//!
//! - [`pack`]: the signed pack, verified before the first question is shown;
//! - [`form`]: the form as data, its checks, conditions and triage rules;
//! - [`answers`]: entries as typed, and answers as sealed;
//! - [`validate`]: makes answers of entries and lists their faults ([`text`], [`dates`], [`phone`]);
//! - [`photo`]: cuts a photo's metadata out;
//! - [`receipt`]: the code that the person writes down, and what is derived from it;
//! - [`padding`]: the lengths of plaintexts;
//! - [`seal`]: the archive, and age encryption to the pack's recipients, and back;
//! - [`envelope`]: a sealed file's header, which is all that the server knows of it, with its length;
//! - [`proof_of_work`]: the work that an upload brings while very many come;
//! - [`api`]: wire types, paths and problem codes;
//! - [`audit`]: the log of what was done to sealed files, each entry chained to the one before;
//! - [`fingerprint`]: keys' fingerprints in words, to compare by voice.

pub mod answers;
pub mod api;
pub mod audit;
pub mod codec;
pub mod dates;
pub mod envelope;
pub mod fingerprint;
pub mod form;
pub mod pack;
pub mod padding;
pub mod phone;
pub mod photo;
pub mod proof_of_work;
pub mod receipt;
pub mod seal;
pub mod text;
pub mod validate;
