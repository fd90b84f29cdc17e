//! The server: it keeps sealed files that it cannot read.
//!
//! The map, in the order in which a registration passes through:
//!
//! - [`server`]: listeners, connections, the router, and the headers that every response carries;
//! - [`assets`]: the phone's page with the signed pack inside;
//! - [`uploads`]: tus, and the refusal of all that is not sealed;
//! - [`limits`]: how much one may ask for, and all together;
//! - [`store`]: all SQL there is;
//! - [`journal`]: a second copy of the log of what was done, from which a restored backup learns what to delete again;
//! - [`mail`]: what tells reviewers that something waits;
//! - [`access`], [`reviewers`]: who may fetch sealed files and say that they were opened, and how;
//! - [`health`], [`metrics`]: what a load balancer asks, and whoever runs the server;
//! - [`error`]: from every error to its problem;
//! - [`peer`]: who is at the other end, as far as limits need to know;
//! - [`config`], [`clock`], [`files`], [`exit_url`]: what a deployment decides, the time, files that are whole or absent, and
//!   the address that people leave to.

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
