//! Bugs inside a transport: they cost that transport, and its client is the only one to notice.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::{Harness, Path, everyone_sees_everyone};
use media_core::{CloseReason, Codec, Egress, Fact, Feedback, ForwardedPacket, SlotKey, SlotStream, StromEgress};
use str0m::media::Mid;
use str0m::{Event, Rtc};

/// Sends well until the hundredth packet.
struct FaultyEgress(StromEgress, u32);

impl Egress for FaultyEgress {
    fn bind(&mut self, rtc: &mut Rtc, slot: SlotKey, mid: Mid) -> Option<SlotStream> {
        self.0.bind(rtc, slot, mid)
    }

    fn takes(&self, slot: SlotKey, codec: Codec) -> bool {
        self.0.takes(slot, codec)
    }

    fn send(&mut self, rtc: &mut Rtc, slot: SlotKey, packet: &ForwardedPacket<'_>, now: std::time::Instant) -> bool {
        self.1 += 1;
        assert!(self.1 < 100 || packet.number != 11, "a test's fault");
        self.0.send(rtc, slot, packet, now)
    }

    fn feedback(&self, event: &Event) -> Option<Feedback> {
        self.0.feedback(event)
    }

    fn request_keyframe(&mut self, rtc: &mut Rtc, mid: Mid) -> bool {
        self.0.request_keyframe(rtc, mid)
    }
}

#[test]
fn a_panic_in_a_transport_closes_that_transport() {
    let mut harness =
        Harness::with_config(1, |config| config.new_egress = |seed| Box::new(FaultyEgress(StromEgress::new(seed), 0)));
    // Only ann receives publication 11, ben's microphone.
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.join("ben", Path::PERFECT, Path::PERFECT);
    harness.connect();
    harness.advance(Duration::from_secs(4));
    let closed: Vec<Fact> =
        harness.facts().into_iter().filter(|fact| matches!(fact, Fact::TransportClosed { .. })).collect();
    let expected = Fact::TransportClosed {
        room: harness::room(),
        participant: "ann".try_into().unwrap(),
        transport: "ann-0".try_into().unwrap(),
        reason: CloseReason::Fault,
    };
    assert_eq!(closed, [expected]);
    // The room goes on, and ann can come back.
    let again = harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.advance(Duration::from_secs(1));
    let slot = harness.client(again).video_slots[0];
    assert!(!harness.client(again).received[&slot].is_empty());
}
