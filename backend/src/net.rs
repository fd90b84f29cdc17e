//! The network: listeners, TLS, connections, and the address of a client. It knows no route and no handler.

pub(crate) mod client_ip;
pub(crate) mod connections;
mod listeners;
mod tls;
mod tracked_io;

pub use listeners::Listeners;
pub(crate) use listeners::Routers;
pub use tls::{CertificateError, Certificates};
