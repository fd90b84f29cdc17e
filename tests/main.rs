//! End-to-end tests against the programs as they are deployed: browsers of today, of 2021 and of 2020, a real mail server, a real
//! `PostgreSQL`, the stock `age` and `tar`.
//!
//! - `e2e` holds the tests, one file per subject.
//! - `drivers` operate something: a browser, the form, a tus client, a process.
//! - `fixtures` start something that a test runs against: a deployment, a mail server, a network that fails.
//! - `personas` are the people who register, with their input and the answers that reviewers must read.
//! - `bench` holds the measurements that `make bench` prints.
//!
//! `scripts/test.sh` builds every program and names it in the environment.

#![recursion_limit = "512"]

mod bench;
mod drivers;
mod e2e;
mod fixtures;
mod personas;
