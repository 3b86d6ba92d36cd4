//! One continuous sequence of numbers and timestamps per slot, whatever it shows.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How many gaps of dropped packets are remembered for packets that arrive late. Retransmissions arrive within about a
/// second; more gaps than this in that time would be a publisher that sends mostly padding.
const MAX_SEGMENTS: usize = 64;

/// First sequence numbers are below this, so that a stream does not begin just before its number wraps: a receiver that
/// misses the first packets would then count the wraps wrong and could not decrypt anything.
const MAX_FIRST_SEQUENCE: u64 = 0x4000;

/// Maps the sequence numbers and timestamps of the publications that a slot shows one after the other onto one stream.
#[derive(Debug)]
pub(crate) struct Rewriter {
    /// From which incoming number on which offset holds, oldest first. Empty before the first packet.
    segments: VecDeque<(u64, u64)>,
    highest_in: u64,
    highest_out: u64,
    timestamp_offset: u32,
    last_timestamp: u32,
    last_at: Option<Instant>,
}

impl Rewriter {
    /// A rewriter whose stream begins where the random number says.
    pub(crate) fn new(random: u64) -> Self {
        Self {
            segments: VecDeque::new(),
            highest_in: 0,
            // One below the first number; 0 is left out so that the number before the first exists.
            highest_out: random % MAX_FIRST_SEQUENCE,
            timestamp_offset: 0,
            last_timestamp: (random >> 32) as u32,
            last_at: None,
        }
    }

    /// Makes this packet the one that follows everything sent so far. Its timestamps may have another clock than those
    /// before, as its codec may be another.
    pub(crate) fn start(&mut self, sequence: u64, timestamp: u32, clock_rate: u32, now: Instant) {
        self.segments.clear();
        self.segments.push_back((sequence, (self.highest_out + 1).wrapping_sub(sequence)));
        self.highest_in = sequence;
        // As much media time goes by as real time did, at least one tick.
        let elapsed = self.last_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let ticks = (elapsed.as_secs_f64() * f64::from(clock_rate)) as u64;
        let begin = self.last_timestamp.wrapping_add((ticks as u32).max(1));
        self.timestamp_offset = begin.wrapping_sub(timestamp);
    }

    /// The number and timestamp under which a packet goes out; none if it is from before the start.
    pub(crate) fn map(&mut self, sequence: u64, timestamp: u32, now: Instant) -> Option<(u64, u32)> {
        let (_, offset) = self.segments.iter().rev().find(|(from, _)| *from <= sequence)?;
        let (sequence_out, timestamp_out) =
            (sequence.wrapping_add(*offset), timestamp.wrapping_add(self.timestamp_offset));
        if sequence >= self.highest_in {
            self.highest_in = sequence;
            self.highest_out = sequence_out;
            self.last_timestamp = timestamp_out;
            self.last_at = Some(now);
        }
        Some((sequence_out, timestamp_out))
    }

    /// Leaves a packet out without leaving a gap. One that arrives late has already left its gap.
    pub(crate) fn skip(&mut self, sequence: u64) {
        if sequence <= self.highest_in {
            return;
        }
        let Some((_, offset)) = self.segments.back().copied() else {
            return;
        };
        // Everything before the skipped packet keeps its offset; what was lost just before it can still come.
        self.segments.push_back((sequence + 1, offset.wrapping_sub(1)));
        self.highest_in = sequence;
        self.highest_out = sequence.wrapping_add(offset).wrapping_sub(1);
        if self.segments.len() > MAX_SEGMENTS {
            self.segments.pop_front();
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    fn started(sequence: u64, now: Instant) -> (Rewriter, u64) {
        let mut rewriter = Rewriter::new(0x1234_5678_0000_0007);
        rewriter.start(sequence, 5000, 90_000, now);
        let (first, _) = rewriter.map(sequence, 5000, now).unwrap();
        (rewriter, first)
    }

    #[test]
    fn begins_in_the_first_quarter_of_the_number_space() {
        for random in [0, 1, u64::MAX, 0x3fff] {
            let now = Instant::now();
            let mut rewriter = Rewriter::new(random);
            rewriter.start(70_000, 0, 90_000, now);
            let (first, _) = rewriter.map(70_000, 0, now).unwrap();
            assert!((1..=0x4000).contains(&first));
        }
    }

    #[test]
    fn order_and_gaps_of_the_publication_are_kept() {
        let now = Instant::now();
        let (mut rewriter, first) = started(1000, now);
        assert_eq!(rewriter.map(1003, 5000, now).map(|o| o.0), Some(first + 3));
        assert_eq!(rewriter.map(1001, 5000, now).map(|o| o.0), Some(first + 1), "a repaired packet fits its gap");
        assert_eq!(rewriter.map(999, 5000, now), None, "from before the start");
    }

    #[test]
    fn a_switch_goes_on_where_the_stream_was() {
        let now = Instant::now();
        let (mut rewriter, first) = started(1000, now);
        let (last, timestamp) = rewriter.map(1010, 8000, now).unwrap();
        let later = now + Duration::from_millis(500);
        rewriter.start(7, 4_000_000_000, 90_000, later);
        let (next, next_timestamp) = rewriter.map(7, 4_000_000_000, later).unwrap();
        assert_eq!((last, next), (first + 10, first + 11));
        assert_eq!(next_timestamp.wrapping_sub(timestamp), 45_000);
        rewriter.start(9, 1, 90_000, later);
        let (_, after) = rewriter.map(9, 1, later).unwrap();
        assert_eq!(after.wrapping_sub(next_timestamp), 1, "time never stands still");
    }

    #[test]
    fn padding_leaves_no_gap() {
        let now = Instant::now();
        let (mut rewriter, first) = started(1000, now);
        rewriter.skip(1002);
        assert_eq!(rewriter.map(1003, 0, now).map(|o| o.0), Some(first + 2));
        assert_eq!(rewriter.map(1001, 0, now).map(|o| o.0), Some(first + 1), "late, from before the padding");
        rewriter.skip(1004);
        rewriter.skip(1005);
        rewriter.start(50, 0, 90_000, now);
        assert_eq!(rewriter.map(50, 0, now).map(|o| o.0), Some(first + 3), "a switch right after padding");
    }
}
