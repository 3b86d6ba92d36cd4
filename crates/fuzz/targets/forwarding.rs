//! Two publishers' packets in any order, while a receiver's slots show now this and now that. The second sends its camera in
//! layers; microphones send Opus and RED.
//!
//! Whatever happens, each stream that the receiver gets is one: no number twice, no gap that was not in what arrived, and
//! time that never goes back. Input: steps, each a byte that says what, and two that say how.

#![no_main]

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use fuzz::no_crypto::srtp;
use fuzz::pieces::Pieces;
use fuzz::world::{
    CAMERA, CAMERA_MID, Camera, MICROPHONE, MID_EXTENSION, RID_EXTENSION, RIDS, World, client_address, participant,
    publication, room, tuple,
};
use libfuzzer_sys::fuzz_target;
use media_core::{Command, Datagram, Kind, Protocol, Source};

const RECEIVER: u8 = 2;

/// The payload types of the offer, those of RTX left out.
const OPUS: u8 = 111;
const RED: u8 = 63;
const VP8: u8 = 96;
const MEDIA: [u8; 4] = [OPUS, RED, VP8, 98];

/// The publisher whose camera is in layers, and their SSRCs from the lowest up.
const LAYERED: u8 = 1;
const LAYERS: [u32; 3] = [2001, 2002, 2003];

/// For how long a call goes on. The timers of its transports are most of what an input costs, and time to switch layers
/// and to ask for keyframes again is all that is needed.
const LONGEST: Duration = Duration::from_secs(2);

/// What a packet is.
#[derive(Clone, Copy)]
enum Contents {
    Opus,
    Red,
    Picture { keyframe: bool },
}

impl Contents {
    /// The payload type, how far time goes from one number to the next, and the payload.
    fn describe(self, publisher: u8, number: u64) -> (u8, u32, Vec<u8>) {
        let [.., high, low] = number.to_be_bytes();
        match self {
            Self::Opus => (OPUS, 960, vec![publisher, low]),
            // A block of two bytes from one packet ago, then the primary one (RFC 2198 §3).
            Self::Red => {
                (RED, 960, vec![0x80 | OPUS, 0x0f, 0x00, 2, OPUS, publisher, low.wrapping_sub(1), publisher, low])
            }
            // The first packet of a picture with its id; P says that it refers to others (RFC 7741 §4.2, §4.3).
            Self::Picture { keyframe } => {
                (VP8, 3000, vec![0x90, 0x80, 0x80 | high, low, u8::from(!keyframe), publisher, 7])
            }
        }
    }
}

/// Says that a packet is of a layer (RFC 8285 §4.2, RFC 8852), unless it is of none.
fn extension(ssrc: u32) -> Option<Vec<u8>> {
    let rid = RIDS[LAYERS.iter().position(|layer| *layer == ssrc)?];
    Some(vec![0xbe, 0xde, 0, 1, MID_EXTENSION << 4, CAMERA_MID, RID_EXTENSION << 4, rid])
}

/// What one source has sent.
struct Sent {
    highest: u64,
    /// Numbers that were left out when a later one was sent.
    left_out: u64,
    numbers: HashSet<u64>,
}

/// What has arrived in one slot.
struct Got {
    first: i64,
    highest: i64,
    timestamp: u32,
    numbers: HashSet<i64>,
}

#[derive(Default)]
struct Call {
    sent: HashMap<(u8, u32), Sent>,
    got: HashMap<u32, Got>,
}

impl Call {
    /// The next packet of a source, so many numbers further. None if this number was sent before.
    fn packet(&mut self, publisher: u8, ssrc: u32, step: i8, contents: Contents) -> Option<Vec<u8>> {
        let begin = 30_000;
        let sent = self.sent.entry((publisher, ssrc));
        let sent = sent.or_insert_with(|| Sent { highest: begin, left_out: 0, numbers: HashSet::from([begin]) });
        let number = sent.highest.saturating_add_signed(i64::from(step));
        if number <= begin || !sent.numbers.insert(number) {
            return None;
        }
        sent.left_out += (number.max(sent.highest + 1) - sent.highest) - 1;
        sent.highest = sent.highest.max(number);
        let (payload_type, ticks, payload) = contents.describe(publisher, number);
        let extension = extension(ssrc);
        let mut packet = vec![if extension.is_some() { 0x90 } else { 0x80 }, payload_type];
        packet.extend((number as u16).to_be_bytes());
        packet.extend((number as u32).wrapping_mul(ticks).to_be_bytes());
        packet.extend(ssrc.to_be_bytes());
        packet.extend(extension.into_iter().flatten());
        packet.extend(payload);
        Some(packet)
    }

    fn take(&mut self, datagrams: Vec<Datagram>) {
        let to_receiver = |datagram: &&Datagram| datagram.tuple.client == client_address(RECEIVER);
        for datagram in datagrams.iter().filter(to_receiver) {
            let contents = &datagram.contents;
            if contents.len() >= 12 && contents[0] >> 6 == 2 && MEDIA.contains(&(contents[1] & 0x7f)) {
                self.take_packet(contents);
            }
        }
    }

    fn take_packet(&mut self, packet: &[u8]) {
        let word = |at: usize| u32::from_be_bytes([packet[at], packet[at + 1], packet[at + 2], packet[at + 3]]);
        let number = u16::from_be_bytes([packet[2], packet[3]]);
        let (timestamp, ssrc) = (word(4), word(8));
        let Some(got) = self.got.get_mut(&ssrc) else {
            let number = i64::from(number);
            let numbers = HashSet::from([number]);
            self.got.insert(ssrc, Got { first: number, highest: number, timestamp, numbers });
            return;
        };
        let number = got.highest + i64::from(number.wrapping_sub(got.highest as u16).cast_signed());
        assert!(got.numbers.insert(number), "a number twice");
        assert!(number > got.first, "a number from before the beginning");
        if number > got.highest {
            assert!(timestamp.wrapping_sub(got.timestamp).cast_signed() >= 0, "time goes back");
            got.highest = number;
            got.timestamp = timestamp;
        }
        let gaps = (got.highest - got.first + 1) as u64 - got.numbers.len() as u64;
        let left_out: u64 = self.sent.values().map(|sent| sent.left_out).sum();
        assert!(gaps <= left_out, "{gaps} gaps, and {left_out} in what arrived");
    }
}

fuzz_target!(|input: &[u8]| {
    let mut input = Pieces(input);
    let mut world = World::new();
    for client in 0..=RECEIVER {
        let camera = if client == LAYERED { Camera::Layers } else { Camera::Plain };
        world.join(client, camera, if client == RECEIVER { 3 } else { 0 }, true);
    }
    let mut call = Call::default();
    let end = world.now + LONGEST;
    while !input.is_empty() && world.now < end {
        let (what, how, more) = (input.byte(), input.byte(), input.byte());
        let (publisher, source) = (how & 1, if how & 2 == 0 { Source::Camera } else { Source::Microphone });
        let index = u16::from(how >> 2 & 3);
        match what % 8 {
            0..=3 => {
                let (ssrc, contents) = match source {
                    Source::Microphone => (MICROPHONE, if how & 4 == 0 { Contents::Opus } else { Contents::Red }),
                    _ if publisher == LAYERED => {
                        (LAYERS[usize::from(how >> 3) % LAYERS.len()], Contents::Picture { keyframe: how & 4 != 0 })
                    }
                    _ => (CAMERA, Contents::Picture { keyframe: how & 4 != 0 }),
                };
                let step = if what & 8 == 0 { 1 } else { more.cast_signed() };
                if let Some(packet) = call.packet(publisher, ssrc, step, contents) {
                    let from = tuple(Protocol::Udp, client_address(publisher));
                    world.worker.receive(from, &srtp(&packet), world.now);
                }
            }
            4 => {
                let shown = (more & 3 != 0).then(|| publication(publisher, source));
                world.map(RECEIVER, source.kind(), index, shown, false);
            }
            5 if more & 1 == 0 => world.map(RECEIVER, Kind::Audio, index, None, true),
            5 => {
                let (room, participant) = (room(), participant(RECEIVER));
                let (width, height) = (u16::from(more) * 8, u16::from(more) * 4);
                world.run(Command::PreferSlot { room, participant, index, width, height, pinned: how & 16 != 0 });
            }
            // Time costs the fuzzer more than packets do, so only some pauses are long.
            6 => call.take(world.advance(Duration::from_millis(u64::from(if what >> 3 & 7 == 1 {
                more
            } else {
                more / 8
            })))),
            _ => {
                let publication = publication(publisher, source).as_str().try_into().expect("a proper id");
                if more & 1 == 0 {
                    world.run(Command::Unpublish { room: room(), publication });
                } else {
                    world.publish(publisher, source);
                }
            }
        }
        call.take(world.sent());
    }
});
