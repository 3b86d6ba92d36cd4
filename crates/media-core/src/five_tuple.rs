//! Between which two addresses datagrams travel, and by what.

use std::fmt;
use std::net::SocketAddr;

/// What carries datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// One by one.
    Udp,
    /// In a stream, each behind its length (RFC 4571).
    Tcp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        })
    }
}

/// A protocol and two addresses with their ports.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiveTuple {
    /// By what.
    pub protocol: Protocol,
    /// The worker's address, as it is announced.
    pub worker: SocketAddr,
    /// The client's address, as the worker sees it.
    pub client: SocketAddr,
}

impl fmt::Debug for FiveTuple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Clients' addresses do not belong in a log.
        write!(f, "FiveTuple({})", self.protocol)
    }
}
