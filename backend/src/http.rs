//! The site over HTTP.

pub mod assets;
pub mod error;
pub mod health;
pub mod metrics;
mod middleware;
pub mod reviewers;
mod state;
pub mod uploads;

pub(crate) use middleware::dressed;
pub use middleware::{is_onion, router};
pub use state::{Accepted, ServerState, Site};

#[cfg(test)]
mod openapi;
#[cfg(test)]
mod tests;
