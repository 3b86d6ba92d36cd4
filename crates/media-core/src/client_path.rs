//! Where a client is: the five-tuple that it has nominated, for as long as its checks prove that it is there.
//!
//! str0m's agent (0.23.1, lite) answers every check, but goes on sending to the nominated pair of the highest priority
//! until that one has been silent for 15 s. A client whose NAT gave it another port, or that moved from Wi-Fi to a mobile
//! network, would hear nothing for so long. So the client is followed here, and str0m only says whether a check is
//! genuine: it answers those, and no others.
//!
//! Towards a lite agent Chromium puts USE-CANDIDATE into the checks of the pair that it has selected, and into no other.
//! Firefox puts it into all checks at the beginning, means the best pair that works (RFC 5245 §8.1.1.2), and later checks
//! only that one, without USE-CANDIDATE. Both are understood.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::ice::{StunMessage, TransId};
use str0m::net::{self, TcpType, Transmit};
use str0m::{Candidate, Rtc};

use crate::five_tuple::{FiveTuple, Protocol};

/// How long after its last sign of life a client is still sent to (RFC 7675 §5.1 allows 30 s). Browsers check every 2.5 s, so several
/// in a row may be lost; on the other hand somebody else may have the address by now.
const CONSENT: Duration = Duration::from_secs(15);

/// How long a nomination holds against one of lower priority: longer than the checks of a beginning take, shorter than
/// anybody wants to wait after a move to a worse network.
const SETTLING: Duration = Duration::from_millis(500);

/// How long a place may be silent before a check from another one that was nominated moves the client there: two checks of
/// Chromium's may be lost; with Firefox, which checks every 5 s, there is time for another before consent ends.
const SILENCE: Duration = Duration::from_secs(5);

/// How many nominated places are remembered; a client has a few, one for each of its networks and each of our addresses.
const MAX_PLACES: usize = 16;

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
    /// What was nominated and is still checked.
    places: Vec<Place>,
    present: Option<FiveTuple>,
    /// Where the datagram that str0m has in hand came from.
    arriving: Option<FiveTuple>,
    /// The check that str0m has in hand.
    asked: Option<Check>,
    answered: VecDeque<TransId>,
}

#[derive(Debug)]
struct Place {
    tuple: FiveTuple,
    priority: u32,
    nominated: Instant,
    /// When a check or media came from there last.
    heard: Instant,
}

#[derive(Debug)]
struct Check {
    id: TransId,
    tuple: FiveTuple,
    priority: u32,
    nominates: bool,
}

impl ClientPath {
    /// Looks at a datagram that is about to be handed to str0m.
    pub(crate) fn note_arriving(&mut self, tuple: FiveTuple, contents: &[u8]) {
        self.arriving = Some(tuple);
        let check = is_stun(contents).then(|| StunMessage::parse(contents).ok()).flatten();
        self.asked = check.filter(StunMessage::is_binding_request).map(|message| Check {
            id: message.trans_id(),
            tuple,
            priority: message.prio().unwrap_or(0),
            nominates: message.use_candidate(),
        });
    }

    /// The datagram that str0m has in hand is media of the client's: genuine and new. Where it came from the client still is, though
    /// its checks may be lost.
    pub(crate) fn note_media(&mut self, now: Instant) {
        let (arriving, present) = (self.arriving, self.present);
        let place = self.places.iter_mut().find(|place| Some(place.tuple) == present && present == arriving);
        if let Some(place) = place {
            place.heard = now;
        }
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

    /// The client's place, if a check or media has come from there lately.
    pub(crate) fn present(&self, now: Instant) -> Option<FiveTuple> {
        self.place().filter(|place| now < place.heard + CONSENT).map(|place| place.tuple)
    }

    /// When the client counts as gone if no further check comes.
    pub(crate) fn consent_ends(&self) -> Option<Instant> {
        self.place().map(|place| place.heard + CONSENT)
    }

    fn place(&self) -> Option<&Place> {
        self.places.iter().find(|place| Some(place.tuple) == self.present)
    }

    fn note_leaving(&mut self, contents: &[u8], now: Instant) {
        let asked = self.asked.take_if(|check| {
            StunMessage::parse(contents)
                .is_ok_and(|message| message.is_successful_binding_response() && message.trans_id() == check.id)
        });
        let Some(check) = asked.filter(|check| !self.answered.contains(&check.id)) else {
            return;
        };
        if self.answered.len() == MAX_ANSWERED {
            self.answered.pop_front();
        }
        self.answered.push_back(check.id);
        if self.moves_client(&check, now) {
            self.present = Some(check.tuple);
        }
        self.remember(&check, now);
    }

    /// Whether a genuine check means that the client is now where it came from.
    fn moves_client(&self, check: &Check, now: Instant) -> bool {
        let known = self.places.iter().any(|place| place.tuple == check.tuple);
        match self.place() {
            None => check.nominates,
            Some(present) if check.nominates => {
                check.priority >= present.priority || now >= present.nominated + SETTLING
            }
            Some(present) => known && now >= present.heard + SILENCE,
        }
    }

    fn remember(&mut self, check: &Check, now: Instant) {
        if let Some(place) = self.places.iter_mut().find(|place| place.tuple == check.tuple) {
            place.heard = now;
            place.priority = check.priority;
            if check.nominates {
                place.nominated = now;
            }
        } else if check.nominates {
            let present = self.present;
            self.places.retain(|place| now < place.heard + CONSENT || Some(place.tuple) == present);
            if self.places.len() == MAX_PLACES
                && let Some(oldest) = self.places.iter().position(|place| Some(place.tuple) != present)
            {
                self.places.remove(oldest);
            }
            let (tuple, priority) = (check.tuple, check.priority);
            self.places.push(Place { tuple, priority, nominated: now, heard: now });
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

    fn check(id: TransId, priority: u32, nominates: bool) -> Vec<u8> {
        bytes(&StunMessage::binding_request("a:b", id, true, 1, priority, nominates))
    }

    fn transmit(tuple: FiveTuple, contents: Vec<u8>) -> Transmit {
        let (source, destination) = (tuple.worker, tuple.client);
        Transmit { proto: net::Protocol::Udp, source, destination, contents: contents.into() }
    }

    /// str0m is given a check, and answers it.
    fn answered(path: &mut ClientPath, from: FiveTuple, id: TransId, nominates: bool, now: Instant) {
        answered_with(path, from, id, 100, nominates, now);
    }

    fn answered_with(
        path: &mut ClientPath,
        from: FiveTuple,
        id: TransId,
        priority: u32,
        nominates: bool,
        now: Instant,
    ) {
        path.note_arriving(from, &check(id, priority, nominates));
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
    fn of_nominations_at_once_the_best_is_meant_and_a_later_one_may_be_worse() {
        let (mut path, now) = (ClientPath::default(), Instant::now());
        for (port, priority) in [(1, 50), (2, 100), (3, 80), (4, 10)] {
            answered_with(&mut path, tuple(port), TransId::new(), priority, true, now);
        }
        assert_eq!(media(&mut path, now), Some(tuple(2)));
        answered_with(&mut path, tuple(4), TransId::new(), 10, true, now + SETTLING);
        assert_eq!(media(&mut path, now + SETTLING), Some(tuple(4)));
    }

    /// As Firefox does it when the last of its first checks was not of the pair that it chose.
    #[test]
    fn a_nominated_place_that_is_still_checked_wins_over_one_that_is_not() {
        let (mut path, now) = (ClientPath::default(), Instant::now());
        answered_with(&mut path, tuple(1), TransId::new(), 100, true, now);
        answered_with(&mut path, tuple(2), TransId::new(), 50, true, now + SECOND);
        assert_eq!(media(&mut path, now + SECOND), Some(tuple(2)));
        answered_with(&mut path, tuple(1), TransId::new(), 100, false, now + 5 * SECOND);
        assert_eq!(media(&mut path, now + 5 * SECOND), Some(tuple(2)), "it may still be there");
        answered_with(&mut path, tuple(3), TransId::new(), 100, false, now + 9 * SECOND);
        assert_eq!(media(&mut path, now + 9 * SECOND), Some(tuple(2)), "that was never nominated");
        answered_with(&mut path, tuple(1), TransId::new(), 100, false, now + 10 * SECOND);
        assert_eq!(media(&mut path, now + 10 * SECOND), Some(tuple(1)));
    }

    #[test]
    fn nominated_places_are_limited() {
        let (mut path, now) = (ClientPath::default(), Instant::now());
        answered_with(&mut path, tuple(200), TransId::new(), 200, true, now);
        for port in 1..=100 {
            answered(&mut path, tuple(port), TransId::new(), true, now);
        }
        assert_eq!(path.places.len(), MAX_PLACES);
        assert_eq!(media(&mut path, now), Some(tuple(200)), "the best of one moment");
        let now = now + SETTLING;
        for port in 1..=100 {
            answered(&mut path, tuple(port), TransId::new(), true, now);
        }
        assert_eq!(path.places.len(), MAX_PLACES);
        assert_eq!(media(&mut path, now), Some(tuple(100)));
    }

    #[test]
    fn what_str0m_does_not_answer_moves_nobody() {
        let (mut path, now) = (ClientPath::default(), Instant::now());
        answered(&mut path, tuple(1), TransId::new(), true, now);
        path.note_arriving(tuple(2), &check(TransId::new(), 100, true));
        assert_eq!(media(&mut path, now), Some(tuple(1)));
        let id = TransId::new();
        path.note_arriving(tuple(2), &check(id, 100, true));
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
    fn media_from_where_the_client_is_says_that_it_is_there() {
        let (mut path, start) = (ClientPath::default(), Instant::now());
        answered(&mut path, tuple(1), TransId::new(), true, start);
        for second in 1..=20 {
            path.note_arriving(tuple(1), &[128]);
            path.note_media(start + second * SECOND);
        }
        assert_eq!(media(&mut path, start + 34 * SECOND), Some(tuple(1)));
        path.note_arriving(tuple(2), &[128]);
        path.note_media(start + 34 * SECOND);
        assert_eq!(media(&mut path, start + 35 * SECOND), None, "from elsewhere it proves nothing");
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
