//! Where a client is: the five-tuple that it has nominated, for as long as its checks prove that it is there.
//!
//! str0m's agent (0.23.1, lite) answers every check, but goes on sending to the nominated pair of the highest priority
//! until that one has been silent for 15 s. A client whose NAT gave it another port, or that moved from Wi-Fi to a mobile
//! network, would hear nothing for so long. Towards a lite agent browsers put USE-CANDIDATE into the checks of the pair that
//! they have selected, and into no other, so here the latest nomination decides.
//!
//! Whether a check is genuine is left to str0m: it answers those, and no others.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::ice::{StunMessage, TransId};
use str0m::net::{self, TcpType, Transmit};
use str0m::{Candidate, Rtc};

use crate::five_tuple::{FiveTuple, Protocol};

/// How long after its last check a client is still sent to (RFC 7675 §5.1 allows 30 s). Browsers check every 2.5 s, so several
/// in a row may be lost; on the other hand somebody else may have the address by now.
const CONSENT: Duration = Duration::from_secs(15);

/// How many checks are remembered as answered. One that was recorded and sent again from elsewhere must not move the
/// client; at one check in 2.5 s on each of a few paths this covers the last half minute or more.
const MAX_ANSWERED: usize = 64;

/// Announces each address for both protocols. UDP gets the higher priority (RFC 6544 §4.2), so that TCP, where a lost segment
/// delays all that follow, is for clients that cannot use anything else.
pub(crate) fn announce(rtc: &mut Rtc, addresses: &[SocketAddr]) {
    for address in addresses {
        let udp = Candidate::host(*address, net::Protocol::Udp);
        let tcp = Candidate::builder().tcp().host(*address).tcptype(TcpType::Passive).build();
        // Only an unspecified address is refused, and the worker was not given one.
        for candidate in [udp, tcp].into_iter().flatten() {
            rtc.add_local_candidate(candidate);
        }
    }
}

/// Where a client is.
#[derive(Debug, Default)]
pub(crate) struct ClientPath {
    present: Option<Present>,
    /// The check that str0m has in hand.
    asked: Option<Check>,
    answered: VecDeque<TransId>,
}

#[derive(Debug)]
struct Present {
    tuple: FiveTuple,
    checked: Instant,
}

#[derive(Debug)]
struct Check {
    id: TransId,
    tuple: FiveTuple,
    nominates: bool,
}

impl ClientPath {
    /// Looks at a datagram that is about to be handed to str0m.
    pub(crate) fn note_arriving(&mut self, tuple: FiveTuple, contents: &[u8]) {
        let check = is_stun(contents).then(|| StunMessage::parse(contents).ok()).flatten();
        self.asked = check.filter(StunMessage::is_binding_request).map(|message| Check {
            id: message.trans_id(),
            tuple,
            nominates: message.use_candidate(),
        });
    }

    /// Where a datagram goes that str0m wants sent: an answer to where the question came from, all else to the client's
    /// present place. None if it is not there any more.
    pub(crate) fn direct(&mut self, transmit: &Transmit, now: Instant) -> Option<FiveTuple> {
        if !is_stun(&transmit.contents) {
            return self.present(now);
        }
        let protocol = match transmit.proto {
            net::Protocol::Udp => Protocol::Udp,
            net::Protocol::Tcp => Protocol::Tcp,
            net::Protocol::SslTcp | net::Protocol::Tls => return None,
        };
        self.note_leaving(&transmit.contents, now);
        Some(FiveTuple { protocol, worker: transmit.source, client: transmit.destination })
    }

    /// The client's place, if a check has come from there lately.
    pub(crate) fn present(&self, now: Instant) -> Option<FiveTuple> {
        self.present.as_ref().filter(|present| now < present.checked + CONSENT).map(|present| present.tuple)
    }

    /// When the client counts as gone if no further check comes.
    pub(crate) fn consent_ends(&self) -> Option<Instant> {
        self.present.as_ref().map(|present| present.checked + CONSENT)
    }

    fn note_leaving(&mut self, contents: &[u8], now: Instant) {
        let Some(check) = &self.asked else {
            return;
        };
        let answers = StunMessage::parse(contents)
            .is_ok_and(|message| message.is_successful_binding_response() && message.trans_id() == check.id);
        if !answers || self.answered.contains(&check.id) {
            return;
        }
        if self.answered.len() == MAX_ANSWERED {
            self.answered.pop_front();
        }
        self.answered.push_back(check.id);
        if check.nominates || self.present.as_ref().is_some_and(|present| present.tuple == check.tuple) {
            self.present = Some(Present { tuple: check.tuple, checked: now });
        }
    }
}

/// STUN begins with 0 to 3 (RFC 7983).
fn is_stun(contents: &[u8]) -> bool {
    contents.first().is_some_and(|first| *first < 4)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn tuple(port: u16) -> FiveTuple {
        let worker = ([192, 0, 2, 1], 40_000).into();
        FiveTuple { protocol: Protocol::Udp, worker, client: ([198, 51, 100, 1], port).into() }
    }

    fn bytes(message: &StunMessage<'_>) -> Vec<u8> {
        let mut bytes = vec![0; 500];
        let length = message.to_bytes(Some(b"password"), &mut bytes, |_, _| [0; 20]).unwrap();
        bytes.truncate(length);
        bytes
    }

    fn check(id: TransId, nominates: bool) -> Vec<u8> {
        bytes(&StunMessage::binding_request("a:b", id, true, 1, 1, nominates))
    }

    fn transmit(tuple: FiveTuple, contents: Vec<u8>) -> Transmit {
        let (source, destination) = (tuple.worker, tuple.client);
        Transmit { proto: net::Protocol::Udp, source, destination, contents: contents.into() }
    }

    /// str0m is given a check, and answers it.
    fn answered(path: &mut ClientPath, from: FiveTuple, id: TransId, nominates: bool, now: Instant) {
        path.note_arriving(from, &check(id, nominates));
        let answer = bytes(&StunMessage::binding_reply(id, from.client));
        assert_eq!(path.direct(&transmit(from, answer), now), Some(from));
    }

    fn media(path: &mut ClientPath, now: Instant) -> Option<FiveTuple> {
        path.direct(&transmit(tuple(1), vec![128; 20]), now)
    }

    #[test]
    fn the_latest_nomination_decides() {
        let (mut path, now) = (ClientPath::default(), Instant::now());
        assert_eq!(media(&mut path, now), None);
        answered(&mut path, tuple(1), TransId::new(), false, now);
        assert_eq!(media(&mut path, now), None, "a check that nominates nothing");
        answered(&mut path, tuple(1), TransId::new(), true, now);
        assert_eq!(media(&mut path, now), Some(tuple(1)));
        answered(&mut path, tuple(2), TransId::new(), false, now);
        assert_eq!(media(&mut path, now), Some(tuple(1)));
        answered(&mut path, tuple(2), TransId::new(), true, now);
        assert_eq!(media(&mut path, now), Some(tuple(2)));
        answered(&mut path, tuple(1), TransId::new(), true, now);
        assert_eq!(media(&mut path, now), Some(tuple(1)), "and back");
    }

    #[test]
    fn what_str0m_does_not_answer_moves_nobody() {
        let (mut path, now) = (ClientPath::default(), Instant::now());
        answered(&mut path, tuple(1), TransId::new(), true, now);
        path.note_arriving(tuple(2), &check(TransId::new(), true));
        assert_eq!(media(&mut path, now), Some(tuple(1)));
        let id = TransId::new();
        path.note_arriving(tuple(2), &check(id, true));
        let refusal = bytes(&StunMessage::binding_role_conflict_reply(id));
        path.direct(&transmit(tuple(2), refusal), now);
        assert_eq!(media(&mut path, now), Some(tuple(1)));
    }

    #[test]
    fn a_check_counts_once() {
        let (mut path, now) = (ClientPath::default(), Instant::now());
        let recorded = TransId::new();
        answered(&mut path, tuple(1), recorded, true, now);
        answered(&mut path, tuple(2), recorded, true, now);
        assert_eq!(media(&mut path, now), Some(tuple(1)), "recorded, and sent from elsewhere");
        answered(&mut path, tuple(1), recorded, true, now + 14 * SECOND);
        assert_eq!(media(&mut path, now + 15 * SECOND), None, "recorded, and sent again");
        for _ in 0..1000 {
            answered(&mut path, tuple(1), TransId::new(), true, now);
        }
        assert_eq!(path.answered.len(), MAX_ANSWERED);
    }

    #[test]
    fn consent_ends_15_s_after_the_last_check_and_comes_back_with_the_next() {
        let (mut path, now) = (ClientPath::default(), Instant::now());
        answered(&mut path, tuple(1), TransId::new(), true, now);
        answered(&mut path, tuple(1), TransId::new(), false, now + SECOND);
        answered(&mut path, tuple(2), TransId::new(), false, now + 10 * SECOND);
        assert_eq!(path.consent_ends(), Some(now + 16 * SECOND), "other places do not count");
        assert_eq!(media(&mut path, now + 15 * SECOND), Some(tuple(1)));
        assert_eq!(media(&mut path, now + 16 * SECOND), None);
        answered(&mut path, tuple(1), TransId::new(), false, now + 20 * SECOND);
        assert_eq!(media(&mut path, now + 20 * SECOND), Some(tuple(1)));
    }
}
