//! One layer of a publication: a stream of the publisher, what was counted of it, and how much it costs to forward.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use str0m::rtp::{RtpPacket, Ssrc};

use crate::codec::Codec;
use crate::snapshot::LayerSnapshot;

/// The shortest time between two keyframe requests for a layer. A keyframe costs several times an interframe, so many
/// receivers' requests become one; a receiver that has lost the picture waits at most this much longer.
pub(crate) const KEYFRAME_REQUEST_INTERVAL: Duration = Duration::from_millis(500);

/// For how long packets of the stream before are left out after a publisher begins a new one. Long enough for packets
/// that overtook each other, short enough for a publisher that goes back to its old stream.
const OLD_STREAM_AGE: Duration = Duration::from_secs(2);

/// How long a layer may be silent while another one arrives before receivers are moved away from it. Shorter would move
/// them at every burst of loss; longer would be a frozen picture that everybody sees.
const SILENCE_LIMIT: Duration = Duration::from_millis(750);

/// From how long a silence on a line is taken to have been gone, if packets are missing after it. Repairs of so many would come too
/// late; a screen that does not change is silent for as long, but misses nothing.
const OUTAGE: Duration = Duration::from_secs(1);

/// Over how long what is told of a layer's rate is measured.
const RATE_WINDOW: Duration = Duration::from_secs(1);

/// Over how long the rate is measured that decides whether a layer fits into a bandwidth. A keyframe is several times the
/// rate of its moment, and shall not look like a layer that has grown.
const COST_WINDOW: Duration = Duration::from_secs(3);

/// What the packet that just arrived means for those who receive the publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// No packet after it has arrived before it.
    pub(crate) newest: bool,
    /// A decoder can begin with it.
    pub(crate) starts_keyframe: bool,
    /// It is the first of another stream of the publisher, or of another codec in its stream.
    pub(crate) restarted: bool,
    /// Nothing came for a while before it, and something is missing: the publisher's line was gone for a moment.
    pub(crate) after_outage: bool,
}

/// A layer; of a publication without simulcast the only one.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub(crate) rid: Option<String>,
    pub(crate) keyframes: KeyframeRequests,
    /// Width and height of its picture, once a keyframe has told.
    pub(crate) size: Option<(u16, u16)>,
    rate: RateMeter,
    last_arrival: Option<Instant>,
    /// What it cost when it last arrived, in bits per second.
    known_cost: Option<u64>,
    stream: Option<Stream>,
    stream_before: Option<(Ssrc, Instant)>,
    packets_received: u64,
    packets_lost_before: u64,
}

/// The layer's current stream.
#[derive(Debug)]
struct Stream {
    ssrc: Ssrc,
    codec: Codec,
    first: u64,
    highest: u64,
    received: u64,
}

impl Stream {
    fn lost(&self) -> u64 {
        (self.highest - self.first + 1).saturating_sub(self.received)
    }
}

impl Layer {
    pub(crate) fn new(rid: Option<String>) -> Self {
        Self { rid, ..Self::default() }
    }

    /// Takes note of a packet. None for one of a stream or codec that the publisher has left.
    pub(crate) fn receive(&mut self, packet: &RtpPacket, codec: Codec, now: Instant) -> Option<Arrival> {
        let (ssrc, sequence) = (packet.header.ssrc, *packet.seq_no);
        if self
            .stream_before
            .is_some_and(|(before, since)| before == ssrc && now.saturating_duration_since(since) < OLD_STREAM_AGE)
        {
            return None;
        }
        self.packets_received += 1;
        self.rate.note(packet.payload.len(), now);
        let starts_keyframe = codec.starts_keyframe(&packet.payload);
        if starts_keyframe {
            self.size = codec.keyframe_size(&packet.payload).or(self.size);
        }
        if let Some(stream) = self.stream.as_mut().filter(|stream| stream.ssrc == ssrc) {
            let newest = sequence > stream.highest;
            let silence = self.last_arrival.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
            let after_outage = sequence > stream.highest + 1 && silence >= OUTAGE;
            if newest {
                self.last_arrival = Some(now);
            }
            stream.highest = stream.highest.max(sequence);
            stream.first = stream.first.min(sequence);
            stream.received += 1;
            // What follows a change of codec is as new to a decoder as another stream.
            let restarted = stream.codec != codec;
            if restarted && !newest {
                return None;
            }
            stream.codec = codec;
            return Some(Arrival { newest, starts_keyframe, restarted, after_outage });
        }
        self.end_stream(now);
        self.last_arrival = Some(now);
        self.stream = Some(Stream { ssrc, codec, first: sequence, highest: sequence, received: 1 });
        Some(Arrival { newest: true, starts_keyframe, restarted: true, after_outage: false })
    }

    /// The publisher's transport is another one: whatever arrives next is a new stream.
    pub(crate) fn end_stream(&mut self, now: Instant) {
        if let Some(stream) = self.stream.take() {
            self.packets_lost_before += stream.lost();
            self.stream_before = Some((stream.ssrc, now));
        }
    }

    /// Whether it arrives at the moment.
    pub(crate) fn is_live(&self, now: Instant) -> bool {
        self.last_arrival.is_some_and(|at| now.saturating_duration_since(at) < SILENCE_LIMIT)
    }

    /// What it costs to forward, in bits per second; what it cost before if it does not arrive. None if it never has.
    pub(crate) fn cost(&mut self, now: Instant) -> Option<u64> {
        if self.is_live(now) {
            self.known_cost = Some(self.rate.bits_per_second(COST_WINDOW, now));
        }
        self.known_cost
    }

    pub(crate) fn packets_received(&self) -> u64 {
        self.packets_received
    }

    pub(crate) fn packets_lost(&self) -> u64 {
        self.packets_lost_before + self.stream.as_ref().map_or(0, Stream::lost)
    }

    pub(crate) fn snapshot(&self, now: Instant) -> LayerSnapshot {
        LayerSnapshot {
            rid: self.rid.clone(),
            packets_received: self.packets_received,
            packets_lost: self.packets_lost(),
            bits_per_second: self.rate.bits_per_second(RATE_WINDOW, now),
        }
    }
}

/// Counts bytes in short pieces of time.
#[derive(Debug, Default)]
struct RateMeter {
    /// When each piece began, and its bytes; oldest first.
    pieces: VecDeque<(Instant, usize)>,
    /// When the first byte after a pause came.
    since: Option<Instant>,
}

/// How long a piece is: a thirtieth of the longest window, so that its edge does not matter.
const PIECE: Duration = Duration::from_millis(100);

impl RateMeter {
    fn note(&mut self, bytes: usize, now: Instant) {
        while self.pieces.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) >= COST_WINDOW) {
            self.pieces.pop_front();
        }
        if self.pieces.is_empty() {
            self.since = Some(now);
        }
        match self.pieces.back_mut() {
            Some((at, sum)) if now.saturating_duration_since(*at) < PIECE => *sum += bytes,
            _ => self.pieces.push_back((now, bytes)),
        }
    }

    /// The rate over the window that ends now. What began within the window is measured from its beginning, but over a
    /// second at least, as it began with a keyframe.
    fn bits_per_second(&self, window: Duration, now: Instant) -> u64 {
        let within = |at: Instant| now.saturating_duration_since(at) < window;
        let bytes: usize = self.pieces.iter().filter(|(at, _)| within(*at)).map(|(_, bytes)| bytes).sum();
        let age = self.since.map_or(window, |since| now.saturating_duration_since(since));
        let seconds = age.clamp(RATE_WINDOW, window).as_secs_f64();
        (bytes as f64 * 8.0 / seconds) as u64
    }
}

/// Makes many wishes for a keyframe into few requests.
#[derive(Debug, Default)]
pub(crate) struct KeyframeRequests {
    wanted: bool,
    last: Option<Instant>,
    pub(crate) count: u64,
}

impl KeyframeRequests {
    /// Somebody cannot decode without one.
    pub(crate) fn want(&mut self) {
        self.wanted = true;
    }

    /// When a request is due; none if nobody wants one.
    pub(crate) fn due(&self, now: Instant) -> Option<Instant> {
        self.wanted.then(|| self.last.map_or(now, |last| (last + KEYFRAME_REQUEST_INTERVAL).max(now)))
    }

    /// A request was sent, or there is nobody yet to send one to (and what comes first will be a keyframe).
    pub(crate) fn done(&mut self, now: Instant, sent: bool) {
        self.wanted = false;
        if sent {
            self.last = Some(now);
            self.count += 1;
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn keyframe_wishes_become_at_most_one_request_per_interval() {
        let start = Instant::now();
        let mut requests = KeyframeRequests::default();
        let mut sent = Vec::new();
        for millisecond in 0..2000 {
            let now = start + millisecond * MS;
            if millisecond < 1200 {
                requests.want();
            }
            if requests.due(now).is_some_and(|due| due <= now) {
                requests.done(now, true);
                sent.push(millisecond);
            }
        }
        assert_eq!(sent, [0, 500, 1000, 1500], "the last wish is not lost, only late");
        assert_eq!(requests.due(start + Duration::from_secs(3)), None);
    }

    #[test]
    fn a_rate_is_that_of_the_window() {
        let start = Instant::now();
        let mut meter = RateMeter::default();
        assert_eq!(meter.bits_per_second(RATE_WINDOW, start), 0);
        for step in 0..500 {
            // A keyframe, then 100 kB/s, then 50 kB/s.
            let bytes = if step == 0 {
                20_000
            } else if step < 250 {
                2000
            } else {
                1000
            };
            meter.note(bytes, start + step * 20 * MS);
        }
        let end = start + 500 * 20 * MS;
        for window in [RATE_WINDOW, COST_WINDOW] {
            let rate = meter.bits_per_second(window, end);
            assert!(rate.abs_diff(400_000) < 50_000, "{rate}");
        }
        assert_eq!(meter.bits_per_second(RATE_WINDOW, end + RATE_WINDOW), 0);
        let again = end + 2 * COST_WINDOW;
        meter.note(20_000, again);
        assert_eq!(meter.bits_per_second(COST_WINDOW, again), 160_000, "a keyframe alone counts as that of a second");
        assert!(meter.pieces.len() <= 31);
    }
}
