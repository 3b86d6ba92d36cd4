//! When media was captured, by our clock, as far as the publisher's sender reports tell.
//!
//! Receivers play a microphone and a camera in sync if the sender reports they get from us give both the same clock. What
//! arrives at one moment was not captured at one moment (video is paced, and waits for its encoder), so the time of arrival
//! is not good enough; the publisher's own reports are.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// For how long the fastest packet seen sets the difference between the clocks. Clocks drift by some 50 µs per second, so
/// in twice this time (two windows are looked at) by a millisecond; shorter windows would follow the network's delay.
const WINDOW: Duration = Duration::from_secs(10);

/// The longest time between capture and arrival that is believed. Encoders and pacers stay far below it, and a publisher
/// that reports nonsense cannot put its media further into the past.
const MAX_AGE: Duration = Duration::from_secs(2);

/// The relation between a publisher's clock and ours; one for all of its sources, so that they stay in sync.
#[derive(Debug)]
pub(crate) struct CaptureClock {
    origin: Instant,
    window_begin: Instant,
    /// The smallest differences (ours minus theirs, in nanoseconds) in this window and the one before.
    smallest: Option<i128>,
    smallest_before: Option<i128>,
}

/// A sender report's statement: at this time of the publisher's clock the stream's timestamp was this.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    pub(crate) time: SystemTime,
    pub(crate) timestamp: u32,
}

impl CaptureClock {
    pub(crate) fn new(now: Instant) -> Self {
        Self { origin: now, window_begin: now, smallest: None, smallest_before: None }
    }

    /// When a packet that arrives now was captured: never later than now.
    pub(crate) fn captured(
        &mut self,
        timestamp: u32,
        clock_rate: u32,
        report: Option<Report>,
        now: Instant,
    ) -> Instant {
        let theirs = report.and_then(|report| their_time(timestamp, clock_rate, report));
        let Some(theirs) = theirs else {
            return now;
        };
        let ours = now.saturating_duration_since(self.origin).as_nanos().cast_signed();
        if now.saturating_duration_since(self.window_begin) >= WINDOW {
            self.window_begin = now;
            self.smallest_before = self.smallest.take();
        }
        let difference = ours - theirs;
        // The fastest packet was on its way for the shortest time; as nobody knows how long, it is taken for none.
        let smallest = self.smallest.map_or(difference, |smallest| smallest.min(difference));
        self.smallest = Some(smallest);
        let smallest = self.smallest_before.map_or(smallest, |before| before.min(smallest));
        let age = u64::try_from(difference - smallest).map_or(MAX_AGE, Duration::from_nanos).min(MAX_AGE);
        now.checked_sub(age).unwrap_or(now)
    }
}

/// The publisher's time at a timestamp, in nanoseconds since 1970. None if its clock says it is before that.
fn their_time(timestamp: u32, clock_rate: u32, report: Report) -> Option<i128> {
    let reported = report.time.duration_since(UNIX_EPOCH).ok()?.as_nanos().cast_signed();
    // As signed, so that a packet from before the report counts back.
    let ticks = i128::from(timestamp.wrapping_sub(report.timestamp).cast_signed());
    Some(reported + ticks * 1_000_000_000 / i128::from(clock_rate.max(1)))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn report() -> Report {
        Report { time: UNIX_EPOCH + Duration::from_secs(1_000_000), timestamp: 5 }
    }

    #[test]
    fn two_sources_keep_the_distance_they_were_captured_with() {
        let start = Instant::now();
        let mut clock = CaptureClock::new(start);
        // Captured at 100 ms on the publisher's clock: audio arrives at once, video 80 ms later.
        let audio = clock.captured(5 + 4800, 48_000, Some(report()), start + 100 * MS);
        let video = clock.captured(5 + 9000, 90_000, Some(report()), start + 180 * MS);
        assert_eq!(audio, video);
        assert_eq!(audio, start + 100 * MS);
    }

    #[test]
    fn never_later_than_now_and_never_long_ago() {
        let start = Instant::now();
        let mut clock = CaptureClock::new(start);
        let mut random = fastrand::Rng::with_seed(1);
        for step in 0..10_000 {
            let now = start + step * MS;
            let report = Report { time: UNIX_EPOCH + Duration::from_nanos(random.u64(..)), timestamp: random.u32(..) };
            let captured = clock.captured(random.u32(..), 90_000, Some(report), now);
            assert!(captured <= now && now - captured <= MAX_AGE);
        }
        let before_1970 = Report { time: UNIX_EPOCH - MS, timestamp: 0 };
        assert_eq!(clock.captured(0, 0, Some(before_1970), start), start);
        assert_eq!(clock.captured(0, 90_000, None, start), start);
    }

    #[test]
    fn a_slower_network_becomes_the_norm_after_a_while() {
        let start = Instant::now();
        let mut clock = CaptureClock::new(start);
        let mut at = |millisecond: u32, delay: u32| {
            let now = start + (millisecond + delay) * MS;
            now - clock.captured(5 + millisecond * 90, 90_000, Some(report()), now)
        };
        assert_eq!(at(0, 0), Duration::ZERO);
        assert_eq!(at(5_000, 30), 30 * MS);
        assert_eq!(at(11_000, 30), 30 * MS);
        assert_eq!(at(22_000, 30), Duration::ZERO);
    }
}
