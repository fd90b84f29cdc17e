//! The server, which stores sealed files that it cannot read.
//!
//! Leaves, which import nothing else of the crate:
//!
//! - [`config`]: the settings of a deployment;
//! - [`clock`]: the time, as a value that is passed in;
//! - [`files`]: writing files whole or not at all;
//! - [`exit_url`]: the address that "leave quickly" leads to;
//! - [`peer`]: the other end of a connection, as far as limits need to know.
//!
//! The parts, each of which imports only those above it:
//!
//! - [`store`]: all SQL;
//! - [`limits`]: admission of requests and uploads, and eviction;
//! - [`mail`]: mail to reviewers on a fixed clock;
//! - [`audit_journal`]: a copy of the audit log in a file, from which a restored backup learns what to delete again;
//! - [`net`]: listeners, TLS and connections;
//! - [`http`]: the router and its handlers, one module per subject;
//! - [`server`]: runs listeners, router and maintenance together.

pub mod audit_journal;
pub mod clock;
pub mod config;
pub mod exit_url;
pub mod files;
pub mod http;
pub mod limits;
pub mod mail;
pub mod net;
pub mod peer;
pub mod server;
pub mod store;

#[cfg(test)]
mod testing;
