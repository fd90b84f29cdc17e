//! Who is at the other end of a connection, as far as limits need to know. Held in memory only, and only for as long as the
//! request that it belongs to.

use std::fmt;
use std::net::IpAddr;

/// The other end. It comes to handlers as an extension of the request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Somebody at this address; behind a trusted proxy, the address that the proxy saw.
    Address(IpAddr),
    /// Somebody who comes through the onion service: all of them are one.
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
