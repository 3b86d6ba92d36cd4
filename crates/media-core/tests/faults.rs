//! Bugs: one inside a transport costs that transport, one in a room's logic that room, and nobody else notices.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::{Harness, Path, everyone_sees_everyone};
use media_core::{
    CloseReason, Codec, Egress, Fact, FailReason, Feedback, ForwardedPacket, Kind, SlotKey, SlotStream, Source,
    StromEgress,
};
use str0m::media::{Mid, Rid};
use str0m::{Event, Rtc};

/// The slot that nobody may be shown anything in.
const FATAL: SlotKey = SlotKey { kind: Kind::Video, index: 3 };

/// Sends publication 11 well until the hundredth packet, and cannot even be asked about one slot.
struct FaultyEgress(StromEgress, u32);

impl Egress for FaultyEgress {
    fn bind(&mut self, rtc: &mut Rtc, slot: SlotKey, mid: Mid) -> Option<SlotStream> {
        self.0.bind(rtc, slot, mid)
    }

    fn takes(&self, slot: SlotKey, codec: Codec) -> bool {
        // The room asks this outside of any transport's fence.
        assert!(slot != FATAL, "a test's fault");
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

    fn request_keyframe(&mut self, rtc: &mut Rtc, mid: Mid, rid: Option<Rid>) -> bool {
        self.0.request_keyframe(rtc, mid, rid)
    }

    fn repeat_audio(&mut self, repeats: bool) {
        self.0.repeat_audio(repeats);
    }

    fn look(&mut self, rtc: &mut Rtc, bits_per_second: u64) {
        self.0.look(rtc, bits_per_second);
    }

    fn desire(&mut self, rtc: &mut Rtc, bits_per_second: u64) {
        self.0.desire(rtc, bits_per_second);
    }
}

fn faulty() -> Harness {
    Harness::with_config(1, |config| config.new_egress = |seed| Box::new(FaultyEgress(StromEgress::new(seed), 0)))
}

#[test]
fn a_panic_in_a_transport_closes_that_transport() {
    let mut harness = faulty();
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

#[test]
fn a_panic_in_a_rooms_logic_ends_that_room_and_no_other() {
    let mut harness = faulty();
    harness.enter("other");
    for name in ["cid", "dan"] {
        harness.join(name, Path::PERFECT, Path::PERFECT);
    }
    harness.publish("dan", "dan-camera", 42, Source::Camera);
    harness.map("cid", Kind::Video, 0, Some("dan-camera"));
    harness.connect();

    harness.room = harness::room();
    let ann = harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.join("ben", Path::PERFECT, Path::PERFECT);
    harness.publish("ben", "ben-camera", 22, Source::Camera);
    harness.map("ann", FATAL.kind, FATAL.index, Some("ben-camera"));
    harness.advance(Duration::from_secs(3));

    let failed: Vec<Fact> =
        harness.facts().into_iter().filter(|fact| matches!(fact, Fact::RoomFailed { .. })).collect();
    assert_eq!(failed, [Fact::RoomFailed { room: harness::room(), reason: FailReason::Fault }]);
    let open: Vec<_> = harness.worker.rooms(harness.now).into_iter().map(|room| room.room).collect();
    assert_eq!(open, ["other".try_into().unwrap()]);
    // Nothing is missing in the other room, before, while and after.
    let slot = harness.client(0).video_slots[0];
    let received = harness.client(0).in_order(slot);
    assert!(received.len() > 250, "{} packets in three seconds", received.len());
    assert!(received.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1));

    // A room of the same name can be opened again, and works.
    harness.enter(harness::ROOM);
    let again = harness.join("ann", Path::PERFECT, Path::PERFECT);
    assert!(harness.advance_until(Duration::from_secs(5), |harness| harness.client(again).connected));
    assert!(harness.client(ann).received.is_empty());
}
