//! How much may arrive from one participant, and in one room.
//!
//! What is above is dropped and counted, and nothing is closed: a burst costs an honest client some packets that it can
//! repair, and one that never stops costs its own media, nobody else's. A datagram counts for the transport that its
//! address belongs to, before it is decrypted, because decrypting is what costs; so who can send from a client's address
//! can use up that client's budget, as he could fill its line. Connectivity checks have a budget of their own, so that
//! even then the connection stays.

use std::time::{Duration, Instant};

/// Datagrams per second from one transport. A camera in three layers, a screen and a microphone are below 1,500 with
/// repairs; reports about 49 received pictures are some hundred more. At this rate a transport costs some percent of a
/// core.
const PARTICIPANT_PACKETS: u32 = 5_000;

/// Bytes per second from one transport: 40 Mbit/s, twice what browsers send at most for a camera and a screen.
const PARTICIPANT_BYTES: u32 = 5_000_000;

/// Connectivity checks per second from one transport. A browser sends some in a second, and 50 while it looks for a
/// path; each is answered, with a keyed hash for the check and one for the answer.
const PARTICIPANT_CHECKS: u32 = 100;

/// Datagrams per second in one room: ten participants at their limit, or a thousand that speak. A room that needs more
/// needs a core of its own, and must not starve the others on its worker.
const ROOM_PACKETS: u32 = 50_000;

/// Bytes per second in one room: 400 Mbit/s.
const ROOM_BYTES: u32 = 50_000_000;

/// For how long at the full rate a budget lasts when it was not used. A network that stood still delivers at once what it
/// held back, and a keyframe comes in one burst; longer would let everybody do it at the same time.
const BURST: Duration = Duration::from_secs(1);

/// A quantity that comes back with time: a token bucket.
#[derive(Debug, Clone)]
struct Allowance {
    per_second: u32,
    left: f64,
    since: Instant,
}

impl Allowance {
    fn new(per_second: u32, now: Instant) -> Self {
        Self { per_second, left: full(per_second), since: now }
    }

    /// Whether this much is left now.
    fn has(&mut self, amount: usize, now: Instant) -> bool {
        let gained = now.saturating_duration_since(self.since).as_secs_f64() * f64::from(self.per_second);
        self.left = (self.left + gained).min(full(self.per_second));
        self.since = self.since.max(now);
        self.left >= amount as f64
    }

    fn take(&mut self, amount: usize) {
        self.left -= amount as f64;
    }
}

fn full(per_second: u32) -> f64 {
    f64::from(per_second) * BURST.as_secs_f64()
}

/// What may still arrive, from a participant or in a room.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    packets: Allowance,
    bytes: Allowance,
    checks: Option<Allowance>,
}

impl Budget {
    pub(crate) fn of_participant(now: Instant) -> Self {
        Self {
            packets: Allowance::new(PARTICIPANT_PACKETS, now),
            bytes: Allowance::new(PARTICIPANT_BYTES, now),
            checks: Some(Allowance::new(PARTICIPANT_CHECKS, now)),
        }
    }

    pub(crate) fn of_room(now: Instant) -> Self {
        Self {
            packets: Allowance::new(ROOM_PACKETS, now),
            bytes: Allowance::new(ROOM_BYTES, now),
            // Those of each participant are few enough.
            checks: None,
        }
    }

    /// Whether a datagram may come in; if so, it has been paid for.
    pub(crate) fn admit(&mut self, contents: &[u8], now: Instant) -> bool {
        if is_check(contents) {
            return self.checks.as_mut().is_none_or(|checks| {
                let admitted = checks.has(1, now);
                checks.take(usize::from(admitted));
                admitted
            });
        }
        let admitted = self.packets.has(1, now) && self.bytes.has(contents.len(), now);
        if admitted {
            self.packets.take(1);
            self.bytes.take(contents.len());
        }
        admitted
    }
}

/// STUN begins with 0 to 3 (RFC 7983 §7).
fn is_check(contents: &[u8]) -> bool {
    contents.first().is_some_and(|first| *first < 4)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    const MEDIA: [u8; 1200] = [128; 1200];
    const SPEECH: [u8; 100] = [128; 100];
    const CHECK: [u8; 100] = [0; 100];

    fn admitted(budget: &mut Budget, contents: &[u8], times: usize, now: Instant) -> usize {
        (0..times).filter(|_| budget.admit(contents, now)).count()
    }

    #[test]
    fn an_honest_client_is_never_held_back_not_even_when_a_second_of_it_comes_at_once() {
        let start = Instant::now();
        let mut budget = Budget::of_participant(start);
        // A camera in three layers, a screen, a microphone and reports: 1,300 packets in each second.
        for second in 0..20 {
            let now = start + Duration::from_secs(second);
            assert_eq!(admitted(&mut budget, &MEDIA, 1_000, now), 1_000);
            assert_eq!(admitted(&mut budget, &SPEECH, 300, now), 300);
        }
    }

    #[test]
    fn what_is_above_is_dropped_and_the_rate_comes_back() {
        let start = Instant::now();
        let mut budget = Budget::of_participant(start);
        assert_eq!(admitted(&mut budget, &SPEECH, 20_000, start), PARTICIPANT_PACKETS as usize);
        let later = start + Duration::from_millis(100);
        assert_eq!(admitted(&mut budget, &SPEECH, 20_000, later), PARTICIPANT_PACKETS as usize / 10);
        let much_later = start + Duration::from_secs(3600);
        assert_eq!(
            admitted(&mut budget, &SPEECH, 20_000, much_later),
            PARTICIPANT_PACKETS as usize,
            "an hour buys no more"
        );
    }

    #[test]
    fn bytes_are_limited_too_and_a_datagram_that_does_not_fit_costs_nothing() {
        let start = Instant::now();
        let mut budget = Budget::of_participant(start);
        assert_eq!(admitted(&mut budget, &MEDIA, 20_000, start), PARTICIPANT_BYTES as usize / MEDIA.len());
        assert!(budget.admit(&[128; 100], start), "what is left is left");
    }

    #[test]
    fn checks_pass_while_media_does_not_and_are_limited_as_well() {
        let start = Instant::now();
        let mut budget = Budget::of_participant(start);
        admitted(&mut budget, &SPEECH, 20_000, start);
        assert_eq!(admitted(&mut budget, &CHECK, 1_000, start), PARTICIPANT_CHECKS as usize);
        assert!(!budget.admit(&SPEECH, start));
    }

    #[test]
    fn a_room_takes_ten_participants_at_their_limit() {
        let start = Instant::now();
        let mut budget = Budget::of_room(start);
        assert_eq!(admitted(&mut budget, &SPEECH, 100_000, start), 10 * PARTICIPANT_PACKETS as usize);
        assert_eq!(admitted(&mut budget, &CHECK, 1_000, start), 1_000);
    }

    #[test]
    fn time_that_goes_back_takes_nothing_away() {
        let start = Instant::now();
        let mut budget = Budget::of_participant(start + Duration::from_secs(1));
        assert!(budget.admit(&SPEECH, start));
        assert!(budget.admit(&SPEECH, start + Duration::from_secs(1)));
    }
}
