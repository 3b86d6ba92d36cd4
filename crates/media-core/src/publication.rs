//! A publication: what arrives from one source of a participant, and who gets it.

use std::time::{Duration, Instant};

use str0m::rtp::{RtpPacket, Ssrc};

use crate::codec::Codec;
use crate::command::Source;
use crate::ids::{ParticipantKey, PublicationId};
use crate::slot::SlotKey;
use crate::video::Demand;

/// The shortest time between two keyframe requests to a publisher. A keyframe costs several times an interframe, so many
/// receivers' requests become one; a receiver that has lost the picture waits at most this much longer.
pub(crate) const KEYFRAME_REQUEST_INTERVAL: Duration = Duration::from_millis(500);

/// For how long packets of the stream before are left out after a publisher begins a new one. Long enough for packets
/// that overtook each other, short enough for a publisher that goes back to its old stream.
const OLD_STREAM_AGE: Duration = Duration::from_secs(2);

/// What the packet that just arrived means for those who receive the publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// No packet after it has arrived before it.
    pub(crate) newest: bool,
    /// A decoder can begin with it.
    pub(crate) starts_keyframe: bool,
    /// It is the first of another stream of the publisher, or of another codec in its stream.
    pub(crate) restarted: bool,
}

/// A publication.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) id: PublicationId,
    pub(crate) number: u32,
    pub(crate) source: Source,
    pub(crate) publisher: ParticipantKey,
    pub(crate) subscribers: Vec<(ParticipantKey, SlotKey)>,
    pub(crate) keyframes: KeyframeRequests,
    pub(crate) started: bool,
    /// Which of its layers are needed, if it is video.
    pub(crate) demand: Demand,
    stream: Option<Stream>,
    stream_before: Option<(Ssrc, Instant)>,
    packets_received: u64,
    packets_lost_before: u64,
}

/// The publisher's current stream.
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

impl Publication {
    pub(crate) fn new(id: PublicationId, number: u32, source: Source, publisher: ParticipantKey, now: Instant) -> Self {
        Self {
            id,
            number,
            source,
            publisher,
            subscribers: Vec::new(),
            keyframes: KeyframeRequests::default(),
            started: false,
            demand: Demand::new(now),
            stream: None,
            stream_before: None,
            packets_received: 0,
            packets_lost_before: 0,
        }
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
        let starts_keyframe = codec.starts_keyframe(&packet.payload);
        if let Some(stream) = self.stream.as_mut().filter(|stream| stream.ssrc == ssrc) {
            let newest = sequence > stream.highest;
            stream.highest = stream.highest.max(sequence);
            stream.first = stream.first.min(sequence);
            stream.received += 1;
            // What follows a change of codec is as new to a decoder as another stream.
            let restarted = stream.codec != codec;
            if restarted && !newest {
                return None;
            }
            stream.codec = codec;
            return Some(Arrival { newest, starts_keyframe, restarted });
        }
        self.end_stream(now);
        self.stream = Some(Stream { ssrc, codec, first: sequence, highest: sequence, received: 1 });
        Some(Arrival { newest: true, starts_keyframe, restarted: true })
    }

    /// The publisher's transport is another one: whatever arrives next is a new stream.
    pub(crate) fn end_stream(&mut self, now: Instant) {
        if let Some(stream) = self.stream.take() {
            self.packets_lost_before += stream.lost();
            self.stream_before = Some((stream.ssrc, now));
        }
    }

    pub(crate) fn packets_received(&self) -> u64 {
        self.packets_received
    }

    pub(crate) fn packets_lost(&self) -> u64 {
        self.packets_lost_before + self.stream.as_ref().map_or(0, Stream::lost)
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

    #[test]
    fn keyframe_wishes_become_at_most_one_request_per_interval() {
        let start = Instant::now();
        let mut requests = KeyframeRequests::default();
        let mut sent = Vec::new();
        for millisecond in 0..2000 {
            let now = start + Duration::from_millis(millisecond);
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
}
