//! Datagrams from anywhere, at a worker with nobody, with clients that have an offer, and in the middle of a call.
//!
//! Input: a byte that says how far the call is, then datagrams: a byte of [`Flags`], the length in two bytes, the contents.

#![no_main]

use std::time::Duration;

use fuzz::no_crypto::{record, srtcp, srtp};
use fuzz::pieces::Pieces;
use fuzz::world::{Camera, World, client_address, publication, tuple};
use libfuzzer_sys::fuzz_target;
use media_core::{Kind, Protocol, Source};

/// The bits of a datagram's first byte.
struct Flags(u8);

impl Flags {
    /// 0 and 1 are clients, 2 and 3 strangers.
    fn sender(&self) -> u8 {
        self.0 & 3
    }

    fn protocol(&self) -> Protocol {
        if self.0 & 4 == 0 { Protocol::Udp } else { Protocol::Tcp }
    }

    /// What encloses the contents.
    fn enclose(&self, contents: &[u8]) -> Vec<u8> {
        match self.0 >> 3 & 3 {
            0 => contents.to_vec(),
            1 if contents.get(1).is_some_and(|second| (192..224).contains(second)) => srtcp(contents),
            1 => srtp(contents),
            2 => record(contents),
            _ => record(&with_checksum(contents)),
        }
    }

    fn pause(&self) -> Duration {
        // Time costs the fuzzer more than datagrams do, so most pauses are short.
        let pauses = if self.0 & 128 == 0 { [0, 1, 5, 20] } else { [0, 20, 200, 2000] };
        Duration::from_millis(pauses[usize::from(self.0 >> 5 & 3)])
    }
}

/// An SCTP packet with the checksum (RFC 9260 §6.8) that a fuzzer would hardly find.
fn with_checksum(contents: &[u8]) -> Vec<u8> {
    let mut packet = contents.to_vec();
    if packet.len() >= 12 {
        packet[8..12].fill(0);
        let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
        let checksum = !packet.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step));
        packet[8..12].copy_from_slice(&checksum.to_le_bytes());
    }
    packet
}

fuzz_target!(|input: &[u8]| {
    let mut input = Pieces(input);
    let mut world = World::new();
    let state = input.byte() % 3;
    if state > 0 {
        for client in 0..2 {
            world.join(client, Camera::Plain, 2, state == 2);
        }
        for (client, other) in [(0, 1), (1, 0)] {
            world.map(client, Kind::Audio, 0, Some(publication(other, Source::Microphone)), false);
            world.map(client, Kind::Audio, 1, None, true);
            world.map(client, Kind::Video, 0, Some(publication(other, Source::Camera)), false);
        }
    }
    while !input.is_empty() {
        let flags = Flags(input.byte());
        let length = usize::from(input.number());
        let datagram = flags.enclose(input.bytes(length));
        world.worker.receive(tuple(flags.protocol(), client_address(flags.sender())), &datagram, world.now);
        let _ = world.advance(flags.pause());
    }
    let _ = world.advance(Duration::from_secs(1));
    let _ = world.worker.rooms(world.now);
});
