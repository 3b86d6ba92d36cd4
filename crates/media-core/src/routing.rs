//! Which transport a datagram is probably for.
//!
//! Both maps only nominate a transport; its `accepts` decides. Without that decision anyone could race a client's DTLS
//! handshake by sending from an address that once was somebody's.

use std::collections::HashMap;

use str0m::ice::StunMessage;

use crate::five_tuple::FiveTuple;
use crate::ids::{RoomKey, TransportKey};

/// How many five-tuples one client is remembered under. A client moves between a few; without a limit, one that knows its
/// own credentials could fill the map.
const MAX_TUPLES: usize = 16;

/// The maps from user names and five-tuples to transports.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    by_ufrag: HashMap<String, TransportKey>,
    by_tuple: HashMap<FiveTuple, TransportKey>,
    known: HashMap<TransportKey, Known>,
}

#[derive(Debug, Default)]
struct Known {
    ufrags: Vec<String>,
    tuples: Vec<FiveTuple>,
}

impl Routes {
    /// The transport that a datagram may belong to.
    pub(crate) fn nominate(&self, tuple: FiveTuple, contents: &[u8]) -> Option<TransportKey> {
        // STUN begins with 0 to 3 (RFC 7983), and says itself whom it is for.
        if contents.first().is_some_and(|first| *first < 4) {
            let message = StunMessage::parse(contents).ok()?;
            let (ufrag, _) = message.split_username()?;
            return self.by_ufrag.get(ufrag).copied();
        }
        if is_probe(contents) {
            return None;
        }
        self.by_tuple.get(&tuple).copied()
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

    /// Notes a five-tuple that has proved itself to a transport.
    pub(crate) fn learn(&mut self, tuple: FiveTuple, transport: TransportKey) {
        if self.by_tuple.get(&tuple) == Some(&transport) {
            return;
        }
        if let Some(before) = self.by_tuple.insert(tuple, transport)
            && let Some(known) = self.known.get_mut(&before)
        {
            known.tuples.retain(|known| *known != tuple);
        }
        let known = self.known.entry(transport).or_default();
        if known.tuples.len() == MAX_TUPLES {
            self.by_tuple.remove(&known.tuples.remove(0));
        }
        known.tuples.push(tuple);
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
        for tuple in known.tuples {
            self.by_tuple.remove(&tuple);
        }
    }
}

/// Whether this is RTP with SSRC 0, which browsers may probe with and which carries nothing. str0m 0.23.1 makes a stream for
/// it before it is authenticated, and then never finds the time for that stream's reports.
fn is_probe(contents: &[u8]) -> bool {
    let [first, second, _, _, _, _, _, _, ssrc @ ..] = contents else {
        return false;
    };
    let is_rtp = (128..192).contains(first) && !(192..224).contains(second);
    is_rtp && ssrc.starts_with(&[0; 4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::five_tuple::Protocol;
    use crate::ids::ParticipantKey;

    fn key(serial: u32) -> TransportKey {
        TransportKey { room: RoomKey(1), participant: ParticipantKey(1), serial }
    }

    fn tuple(port: u16) -> FiveTuple {
        let (worker, client) = (([192, 0, 2, 1], 4000).into(), ([198, 51, 100, 1], port).into());
        FiveTuple { protocol: Protocol::Udp, worker, client }
    }

    #[test]
    fn a_five_tuple_belongs_to_the_transport_that_proved_it_last() {
        let mut routes = Routes::default();
        routes.learn(tuple(1), key(1));
        routes.learn(tuple(1), key(2));
        routes.forget(key(1));
        assert_eq!(routes.nominate(tuple(1), &[128]), Some(key(2)));
        routes.forget(key(2));
        assert_eq!(routes.nominate(tuple(1), &[128]), None);
    }

    #[test]
    fn five_tuples_of_a_transport_are_limited() {
        let mut routes = Routes::default();
        for port in 0..100 {
            routes.learn(tuple(port), key(1));
        }
        assert_eq!(routes.by_tuple.len(), MAX_TUPLES);
        assert_eq!(routes.nominate(tuple(99), &[128]), Some(key(1)));
        for restart in 0..100 {
            routes.set_ufrag(restart.to_string(), key(1));
        }
        assert_eq!(routes.by_ufrag.len(), 2);
        routes.forget(key(1));
        assert!(routes.by_tuple.is_empty() && routes.by_ufrag.is_empty() && routes.known.is_empty());
    }
}
