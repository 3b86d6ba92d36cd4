//! Rooms of clients that do not all have the same codecs: each gets what it can decode, under its own payload types.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::client::Received;
use harness::{Codecs, Harness, Path, everyone_sees_everyone, oracle};
use media_core::{Kind, SlotSnapshot};
use str0m::format::Codec;

const SECOND: Duration = Duration::from_secs(1);

fn joined<const N: usize>(seed: u64, clients: [(&'static str, Codecs); N]) -> Harness {
    let mut harness = Harness::new(seed);
    everyone_sees_everyone(&mut harness, &clients.map(|(name, _)| name));
    for (name, codecs) in clients {
        harness.join_with(name, codecs, Path::PERFECT, Path::PERFECT);
    }
    harness.connect();
    harness
}

/// What a client got in a slot, in order; the numbers must go on and the first packet of video be a keyframe's.
fn received(harness: &mut Harness, client: usize, kind: Kind, slot: usize) -> Vec<Received> {
    let client = harness.client(client);
    let slots = if kind == Kind::Audio { &client.audio_slots } else { &client.video_slots };
    let received = client.in_order(slots[slot]);
    assert!(received.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1), "numbers go on");
    assert!(kind == Kind::Audio || received.first().is_none_or(|first| oracle::starts_keyframe(&first.payload)));
    received
}

fn slot_snapshot(harness: &mut Harness, participant: usize, kind: Kind, index: u16) -> SlotSnapshot {
    let slots = harness.room_snapshot().participants.remove(participant).slots;
    slots.into_iter().find(|slot| (slot.kind, slot.index) == (kind, index)).unwrap()
}

/// All packets are of one publication and under one payload type.
fn assert_all(received: &[Received], publication: u32, payload_type: u8) {
    assert!(received.len() > 40, "{} packets of {publication}", received.len());
    for packet in received {
        assert_eq!((packet.csrc.as_slice(), packet.payload_type), (&[publication][..], payload_type));
    }
}

#[test]
fn a_receiver_without_the_codec_gets_the_rest() {
    let clients = [
        ("ann", Codecs::ALL.sending(Codec::PCMU, Codec::H264)),
        ("ben", Codecs::WITHOUT_H264),
        ("cleo", Codecs::ALL_RENUMBERED.sending(Codec::PCMA, Codec::Vp8)),
    ];
    let mut harness = joined(1, clients);
    harness.advance(2 * SECOND);
    // Everybody's slots 0 and 1 are the other two, in the order of names.
    assert_all(&received(&mut harness, 0, Kind::Audio, 0), 11, 111);
    assert_all(&received(&mut harness, 0, Kind::Audio, 1), 21, 8);
    assert_all(&received(&mut harness, 0, Kind::Video, 0), 12, 96);
    assert_all(&received(&mut harness, 0, Kind::Video, 1), 22, 96);
    assert_all(&received(&mut harness, 1, Kind::Audio, 0), 1, 0);
    assert_all(&received(&mut harness, 1, Kind::Video, 1), 22, 120);
    assert_all(&received(&mut harness, 2, Kind::Audio, 0), 1, 0);
    assert_all(&received(&mut harness, 2, Kind::Audio, 1), 11, 96);
    assert_all(&received(&mut harness, 2, Kind::Video, 0), 2, 111);
    assert_all(&received(&mut harness, 2, Kind::Video, 1), 12, 103);

    assert_eq!(received(&mut harness, 1, Kind::Video, 0).len(), 0, "ben has no H.264");
    let slot = slot_snapshot(&mut harness, 1, Kind::Video, 0);
    assert_eq!((slot.publication.unwrap().as_str(), slot.packets_sent), ("ann-camera", 0));
}

#[test]
fn who_cannot_decode_asks_for_nothing() {
    let clients = [("ann", Codecs::ALL.sending(Codec::Opus, Codec::H264)), ("ben", Codecs::WITHOUT_H264)];
    let mut harness = joined(2, clients);
    harness.advance(10 * SECOND);
    let requests = harness.client(0).keyframe_requests.len();
    assert!(requests <= 2, "{requests} keyframe requests for a receiver that cannot use them");
}

/// Shows ann the cameras of cleo and ben in turn: whose each turn is, and under which payload type it comes.
fn turns(harness: &mut Harness) -> Vec<(u32, u8)> {
    for camera in ["cleo-camera", "ben-camera", "cleo-camera", "ben-camera"] {
        harness.advance(Duration::from_millis(1700));
        harness.map("ann", Kind::Video, 0, Some(camera));
    }
    harness.advance(SECOND);
    let mut turns: Vec<Received> = vec![];
    for packet in received(harness, 0, Kind::Video, 0) {
        if turns.last().is_none_or(|last| last.csrc != packet.csrc) {
            assert!(oracle::starts_keyframe(&packet.payload), "a turn begins with a keyframe");
            turns.push(packet);
        }
    }
    turns.iter().map(|packet| (packet.csrc[0], packet.payload_type)).collect()
}

#[test]
fn h264_begins_with_a_keyframe_wherever_it_is_switched_in() {
    let h264 = Codecs::ALL.sending(Codec::Opus, Codec::H264);
    let mut harness = joined(3, [("ann", Codecs::ALL_RENUMBERED), ("ben", h264), ("cleo", Codecs::ALL)]);
    assert_eq!(turns(&mut harness), [(12, 111), (22, 103), (12, 111), (22, 103), (12, 111)]);
}

#[test]
fn vp9_and_av1_begin_with_a_keyframe_wherever_they_are_switched_in() {
    for (seed, codec, (own, renumbered)) in [(6, Codec::Vp9, (98, 45)), (7, Codec::Av1, (45, 63))] {
        let newer = Codecs::ALL.sending(Codec::Opus, codec);
        let clients =
            [("ann", Codecs::ALL_RENUMBERED), ("ben", newer), ("cleo", Codecs::ALL), ("dora", Codecs::WITHOUT_H264)];
        let mut harness = joined(seed, clients);
        assert_eq!(turns(&mut harness), [(12, renumbered), (22, 103), (12, renumbered), (22, 103), (12, renumbered)]);
        assert_all(&received(&mut harness, 2, Kind::Video, 1), 12, own);
        assert_eq!(received(&mut harness, 3, Kind::Video, 1).len(), 0, "dora has no {codec}");
    }
}

#[test]
fn a_publisher_may_change_its_codec() {
    let clients = [("ann", Codecs::ALL), ("ben", Codecs::WITHOUT_H264), ("cleo", Codecs::ALL_RENUMBERED)];
    let mut harness = joined(4, clients);
    for codec in [Codec::H264, Codec::Vp8] {
        harness.advance(2 * SECOND);
        harness.client(0).camera.codec = codec;
    }
    harness.advance(2 * SECOND);
    let changes = |received: &[Received]| {
        let mut changes: Vec<(u8, bool)> = vec![];
        for packet in received {
            if changes.last().is_none_or(|(last, _)| *last != packet.payload_type) {
                changes.push((packet.payload_type, oracle::starts_keyframe(&packet.payload)));
            }
        }
        changes
    };
    let cleo = received(&mut harness, 2, Kind::Video, 0);
    assert_eq!(changes(&cleo), [(103, true), (111, true), (103, true)]);
    let ben = received(&mut harness, 1, Kind::Video, 0);
    assert_eq!(changes(&ben), [(120, true)]);
    let gap = ben.windows(2).map(|pair| pair[1].at - pair[0].at).max().unwrap();
    assert!(gap > Duration::from_millis(1900), "ben saw nothing for a while, {gap:?}");
    assert!(ben.last().unwrap().at + SECOND > harness.now, "and then the picture again");
}

#[test]
fn an_audio_slot_goes_on_in_number_and_time_from_one_clock_to_another() {
    let clients = [("ann", Codecs::ALL), ("ben", Codecs::ALL.sending(Codec::PCMU, Codec::Vp8)), ("cleo", Codecs::ALL)];
    let mut harness = joined(5, clients);
    harness.advance(SECOND);
    harness.map("ann", Kind::Audio, 0, Some("cleo-microphone"));
    harness.advance(SECOND);
    let heard = received(&mut harness, 0, Kind::Audio, 0);
    let switch = heard.iter().position(|packet| packet.payload_type == 111).unwrap();
    assert!(heard[..switch].iter().all(|packet| (packet.payload_type, packet.csrc[0]) == (0, 11)));
    assert!(heard[switch..].iter().all(|packet| (packet.payload_type, packet.csrc[0]) == (111, 21)));
    let steps: Vec<u32> = heard.windows(2).map(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp)).collect();
    assert!(steps[..switch - 1].iter().all(|step| *step == 160));
    assert!(steps[switch..].iter().all(|step| *step == 960));
    assert!((1..48_000).contains(&steps[switch - 1]), "{} ticks at the switch", steps[switch - 1]);
}
