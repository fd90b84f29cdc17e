//! The other end of a connection, as far as limits need to know. It is held in memory only, and only for the duration of a
//! request.

use std::fmt;
use std::net::IpAddr;

/// The other end. Handlers receive it as an extension of the request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A client at this address. Behind a trusted proxy, it is the address that the proxy saw.
    Address(IpAddr),
    /// A client that comes through the onion service. All of them count as one.
    Onion,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address(_) => "Peer::Address(…)",
            Self::Onion => "Peer::Onion",
        })
    }
}
