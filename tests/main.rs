//! Journeys from end to end: browsers of today, of 2021 and of 2020, a real mail server, the stock `age` and `tar`, and the
//! programs as they are deployed.
//!
//! `programs` finds and runs them, `world` starts a deployment, `wire` is the network between phone and server, `phone`
//! is somebody who fills in the form in a `browser`, `people` are who they may be, `searcher` looks for what they wrote
//! where it must not be. `deployment` is servers that are killed
//! and started again, over a `disk` whose power can be cut, while a `crowd` of `client`s sends. `office` is where reviewers
//! sit. `scripts/test.sh` builds and names everything that is needed.

#![recursion_limit = "512"]

mod browser;
mod chance;
mod client;
mod commands_of;
mod crowd;
mod deployment;
mod disk;
mod eyes;
mod foreign_site;
mod http;
mod journeys;
mod machine;
mod mail_server;
mod neutral_page;
mod office;
mod people;
mod phone;
mod postgres;
mod profile;
mod programs;
mod proof;
mod searcher;
mod typist;
mod wire;
mod world;
