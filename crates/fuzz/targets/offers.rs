//! Offers of clients, through the check and into an answer. Input: an offer, and behind a byte 0 the re-offer.

#![no_main]

use fuzz::world::{World, participant, room};
use libfuzzer_sys::fuzz_target;
use media_core::Command;

fuzz_target!(|input: &[u8]| {
    let mut world = World::new();
    for offer in input.splitn(3, |byte| *byte == 0) {
        let sdp = String::from_utf8_lossy(offer).into_owned();
        let transport = "transport".try_into().expect("a proper id");
        world.run(Command::AcceptOffer { room: room(), participant: participant(0), transport, sdp });
    }
});
