//! How loud microphones are, as far as the publishers' packets tell (RFC 6464).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::ids::{ParticipantId, RoomId};
use crate::loudest::QUIET_TIME;

/// How often loudness is told, and how far it looks back. Short enough that the mark of who speaks follows the voice,
/// long enough that the gaps between words do not show.
pub const LEVELS_INTERVAL: Duration = Duration::from_millis(200);

/// The loudness of a microphone that sends nothing, in dB relative to full scale; the lowest there is.
pub const SILENCE: i8 = -127;

/// What is heard of a room's participants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomLevels {
    /// The room.
    pub room: RoomId,
    /// Its microphones, in the order their participants came.
    pub levels: Vec<ParticipantLevel>,
    /// Who was connected and is not heard at all at the moment.
    pub absent: Vec<ParticipantId>,
}

/// The loudness of a participant's microphone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantLevel {
    /// Whose microphone it is.
    pub participant: ParticipantId,
    /// In dB relative to full scale, from 0 down to [`SILENCE`].
    pub loudness: i8,
}

/// For how long packets are remembered: the longest time that anybody asks about.
const MEMORY: Duration = QUIET_TIME;

/// Remembers how loud the last packets were, as far as it can matter.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Packets that are still to be the loudest one day, oldest first; so each is louder than those behind it, and there
    /// are never more than there are values.
    peaks: VecDeque<(Instant, i8)>,
}

impl Meter {
    /// A packet says how loud it is.
    pub(crate) fn note(&mut self, loudness: i8, now: Instant) {
        let loudness = loudness.clamp(SILENCE, 0);
        while self.peaks.front().is_some_and(|(at, _)| is_over(*at, MEMORY, now)) {
            self.peaks.pop_front();
        }
        while self.peaks.back().is_some_and(|(_, before)| *before <= loudness) {
            self.peaks.pop_back();
        }
        self.peaks.push_back((now, loudness));
    }

    /// The loudest of the time that ends now, which is at most [`MEMORY`].
    pub(crate) fn loudest_of(&self, last: Duration, now: Instant) -> i8 {
        self.peaks.iter().find(|(at, _)| !is_over(*at, last, now)).map_or(SILENCE, |(_, loudness)| *loudness)
    }
}

fn is_over(at: Instant, after: Duration, now: Instant) -> bool {
    now.saturating_duration_since(at) >= after
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_loudest_of_the_interval_counts() {
        let start = Instant::now();
        let mut meter = Meter::default();
        let level = |meter: &Meter, at: u32| meter.loudest_of(LEVELS_INTERVAL, start + at * MS);
        assert_eq!(level(&meter, 0), SILENCE);
        for (at, loudness) in [(0, -30), (20, -10), (40, -50), (60, -40)] {
            meter.note(loudness, start + at * MS);
        }
        assert_eq!(level(&meter, 60), -10);
        assert_eq!(level(&meter, 219), -10);
        assert_eq!(level(&meter, 220), -40, "the peak is over, and so is what it hid");
        assert_eq!(level(&meter, 260), SILENCE);
        assert_eq!(meter.loudest_of(MEMORY, start + 260 * MS), -10, "a longer time looks further back");
    }

    #[test]
    fn it_agrees_with_looking_at_every_packet_and_stays_small() {
        let start = Instant::now();
        let mut random = fastrand::Rng::with_seed(1);
        let mut meter = Meter::default();
        let mut packets: Vec<(Instant, i8)> = Vec::new();
        let mut now = start;
        for _ in 0..20_000 {
            now += random.u32(0..30) * MS;
            let loudness = random.i8(-127..=0);
            meter.note(loudness, now);
            packets.push((now, loudness));
            let (look, last) = (now + random.u32(0..300) * MS, random.u32(1..=1000) * MS);
            let recent = packets.iter().rev().take_while(|(at, _)| !is_over(*at, last, look));
            assert_eq!(meter.loudest_of(last, look), recent.map(|(_, loudness)| *loudness).max().unwrap_or(SILENCE));
        }
        for loudness in (i8::MIN..=i8::MAX).rev() {
            meter.note(loudness, now);
        }
        assert!(meter.peaks.len() <= 128);
        assert_eq!(meter.loudest_of(MEMORY, now), 0, "nothing is louder than full scale");
    }
}
