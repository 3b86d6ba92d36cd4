//! A camera in three layers, as a browser sends it: VP8 with picture ids, at rates and sizes that are usual.

use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::media::{Pt, Rid, Simulcast, SimulcastLayer};
use str0m::rtp::RtpWrite;

use super::client::Received;

/// Name, width and height, and bits per second of each layer.
const LAYERS: [(&str, u16, u16, u32); 3] =
    [("l", 320, 180, 150_000), ("m", 640, 360, 500_000), ("h", 1280, 720, 1_500_000)];

/// How many frames there are per second.
const FRAME_RATE: u32 = 30;

/// How much larger a keyframe is than the frames between them.
const KEYFRAME_FACTOR: u32 = 5;

/// The largest payload of a packet.
const MAX_PAYLOAD: usize = 1100;

/// Where in a payload it says what it is: behind all that a decoder would read.
const MARK: usize = 16;

/// One layer's way of sending.
#[derive(Debug)]
pub struct LayerSender {
    pub rid: Rid,
    place: u8,
    size: (u16, u16),
    frame_bytes: u32,
    sequence: u64,
    picture: u16,
    enabled: bool,
    /// What the publisher's encoder does by itself: its line or its processor carries no more.
    pub broken: bool,
    pub keyframe_wanted: bool,
    pub keyframe_requests: Vec<Instant>,
}

/// All layers, from the lowest up.
pub fn three_layers() -> Vec<LayerSender> {
    let layer = |(place, (rid, width, height, rate)): (usize, (&str, u16, u16, u32))| LayerSender {
        rid: Rid::from(rid),
        place: place as u8,
        size: (width, height),
        frame_bytes: rate / 8 / FRAME_RATE,
        // The lowest wraps within the first seconds.
        sequence: 65_400 - 20_000 * place as u64,
        picture: 0x7ff0 - 100 * place as u16,
        enabled: true,
        broken: false,
        keyframe_wanted: true,
        keyframe_requests: Vec::new(),
    };
    LAYERS.into_iter().enumerate().map(layer).collect()
}

/// What is said of them in the offer.
pub fn offered(layers: &[LayerSender]) -> Simulcast {
    let mut simulcast = Simulcast::new();
    for layer in layers {
        simulcast.add_send_layer(SimulcastLayer::new(&layer.rid));
    }
    simulcast
}

impl LayerSender {
    /// The publisher is told whether somebody needs this layer.
    pub fn set_enabled(&mut self, enabled: bool) {
        self.keyframe_wanted |= enabled && !self.enabled;
        self.enabled = enabled;
    }

    pub fn next_frame(&mut self, client: u8, payload_type: Pt, time: u32, now: Instant) -> Vec<RtpWrite> {
        if !self.enabled || self.broken {
            return Vec::new();
        }
        let keyframe = std::mem::take(&mut self.keyframe_wanted);
        self.picture = (self.picture + 1) & 0x7fff;
        let mut left = (self.frame_bytes * if keyframe { KEYFRAME_FACTOR } else { 1 }) as usize;
        let mut writes = Vec::new();
        while left > 0 {
            let length = left.clamp(MARK + 2, MAX_PAYLOAD);
            left = left.saturating_sub(length);
            let payload = self.payload(client, writes.is_empty(), keyframe, length);
            self.sequence += 1;
            let write = RtpWrite::new(payload_type, self.sequence.into(), time, now, payload);
            writes.push(write.marker(left == 0).nackable(true));
        }
        writes
    }

    fn payload(&self, client: u8, first: bool, keyframe: bool, length: usize) -> Arc<[u8]> {
        let picture = self.picture.to_be_bytes();
        let base = self.picture as u8;
        // Descriptor with picture id, TL0PICIDX and temporal layer 0 (RFC 7741 §4.2).
        let mut payload = vec![if first { 0x90 } else { 0x80 }, 0xe0, 0x80 | picture[0], picture[1], base, 0x00];
        if first && keyframe {
            let ((width, height), start) = (self.size, [0x50, 0x01, 0x00, 0x9d, 0x01, 0x2a]);
            payload.extend(start.into_iter().chain(width.to_le_bytes()).chain(height.to_le_bytes()));
        } else {
            payload.push(0x51);
        }
        payload.resize(MARK, 0);
        payload.extend([client, self.place]);
        payload.resize(length, 0xaa);
        payload.into()
    }
}

/// Which layer a packet is of.
pub fn layer(packet: &Received) -> u8 {
    packet.payload[MARK + 1]
}

/// Which client it is from.
pub fn publisher(packet: &Received) -> u8 {
    packet.payload[MARK]
}

/// Its picture id.
pub fn picture(packet: &Received) -> u16 {
    u16::from_be_bytes([packet.payload[2] & 0x7f, packet.payload[3]])
}

/// Whether it is the first packet of a keyframe.
pub fn starts_keyframe(packet: &Received) -> bool {
    packet.payload[0] & 0x10 != 0 && packet.payload[6] & 1 == 0
}

/// The longest time in which nothing arrived, from the first packet on.
pub fn longest_gap(received: &[Received]) -> Duration {
    let mut times: Vec<Instant> = received.iter().map(|packet| packet.at).collect();
    times.sort();
    times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}
