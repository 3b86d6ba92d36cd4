//! Which transport a datagram is probably for.
//!
//! Both maps only nominate a transport; its `accepts` decides. Without that decision anyone could race a client's DTLS
//! handshake by sending from an address that once was somebody's.

use std::collections::HashMap;
use std::net::SocketAddr;

use str0m::ice::StunMessage;

use crate::ids::{RoomKey, TransportKey};

/// How many addresses one client is remembered under. A client moves between a few; without a limit, one that knows its
/// own credentials could fill the map.
const MAX_ADDRESSES: usize = 16;

/// The maps from user names and addresses to transports.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    by_ufrag: HashMap<String, TransportKey>,
    by_address: HashMap<SocketAddr, TransportKey>,
    known: HashMap<TransportKey, Known>,
}

#[derive(Debug, Default)]
struct Known {
    ufrags: Vec<String>,
    addresses: Vec<SocketAddr>,
}

impl Routes {
    /// The transport that a datagram from this address may belong to.
    pub(crate) fn nominate(&self, source: SocketAddr, contents: &[u8]) -> Option<TransportKey> {
        // STUN begins with 0 to 3 (RFC 7983), and says itself whom it is for.
        if contents.first().is_some_and(|first| *first < 4) {
            let message = StunMessage::parse(contents).ok()?;
            let (ufrag, _) = message.split_username()?;
            return self.by_ufrag.get(ufrag).copied();
        }
        self.by_address.get(&source).copied()
    }

    /// Notes a transport's present user name. Those before it stay until the transport is forgotten; `accepts` refuses them.
    pub(crate) fn set_ufrag(&mut self, ufrag: String, transport: TransportKey) {
        let known = self.known.entry(transport).or_default();
        if !known.ufrags.contains(&ufrag) {
            // Only the present one and the one before it are of use.
            if known.ufrags.len() == 2 {
                self.by_ufrag.remove(&known.ufrags.remove(0));
            }
            known.ufrags.push(ufrag.clone());
            self.by_ufrag.insert(ufrag, transport);
        }
    }

    /// Notes an address that has proved itself to a transport.
    pub(crate) fn learn(&mut self, address: SocketAddr, transport: TransportKey) {
        if self.by_address.get(&address) == Some(&transport) {
            return;
        }
        if let Some(before) = self.by_address.insert(address, transport)
            && let Some(known) = self.known.get_mut(&before)
        {
            known.addresses.retain(|known| *known != address);
        }
        let known = self.known.entry(transport).or_default();
        if known.addresses.len() == MAX_ADDRESSES {
            self.by_address.remove(&known.addresses.remove(0));
        }
        known.addresses.push(address);
    }

    /// Forgets everything about a room's transports.
    pub(crate) fn forget_room(&mut self, room: RoomKey) {
        let transports: Vec<TransportKey> = self.known.keys().filter(|key| key.room == room).copied().collect();
        for transport in transports {
            self.forget(transport);
        }
    }

    /// Forgets everything about a transport.
    pub(crate) fn forget(&mut self, transport: TransportKey) {
        let Some(known) = self.known.remove(&transport) else {
            return;
        };
        for ufrag in known.ufrags {
            self.by_ufrag.remove(&ufrag);
        }
        for address in known.addresses {
            self.by_address.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ParticipantKey;

    fn key(serial: u32) -> TransportKey {
        TransportKey { room: RoomKey(1), participant: ParticipantKey(1), serial }
    }

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn an_address_belongs_to_the_transport_that_proved_it_last() {
        let mut routes = Routes::default();
        routes.learn(address(1), key(1));
        routes.learn(address(1), key(2));
        routes.forget(key(1));
        assert_eq!(routes.nominate(address(1), &[128]), Some(key(2)));
        routes.forget(key(2));
        assert_eq!(routes.nominate(address(1), &[128]), None);
    }

    #[test]
    fn addresses_of_a_transport_are_limited() {
        let mut routes = Routes::default();
        for port in 0..100 {
            routes.learn(address(port), key(1));
        }
        assert_eq!(routes.by_address.len(), MAX_ADDRESSES);
        assert_eq!(routes.nominate(address(99), &[128]), Some(key(1)));
        for restart in 0..100 {
            routes.set_ufrag(restart.to_string(), key(1));
        }
        assert_eq!(routes.by_ufrag.len(), 2);
        routes.forget(key(1));
        assert!(routes.by_address.is_empty() && routes.by_ufrag.is_empty() && routes.known.is_empty());
    }
}
