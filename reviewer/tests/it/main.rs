//! The reviewer's tool against enemies: hostile archives, damaged files, hostile answers, hostile servers.

mod binary;
mod desk;
mod hostile;
mod server;
mod world;
