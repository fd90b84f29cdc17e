//! The reviewer's tool against attackers: hostile archives, damaged files, hostile answers, hostile servers.
#![expect(clippy::unwrap_used, reason = "a test fails where it must")]

mod audit;
mod bench;
mod binary;
mod delete_proof;
mod desk;
mod earlier;
mod golden;
mod hostile;
mod junk;
mod newest;
mod notebook;
mod order;
mod own_uses;
mod referral;
mod rekey;
mod server;
mod sticks;
mod strangers;
mod world;
