//! JSON and a sorted map that the phone can afford: it downloads less code for them than for the usual crates.

pub(crate) mod json;
pub mod sorted_map;
