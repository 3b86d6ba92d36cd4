//! Mapping, remapping and leaving: what a slot carries, from when on, and under which numbers.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::{Harness, Path, everyone_sees_everyone, oracle};
use media_core::{CloseReason, Command, ErrorCode, Fact, Kind, Source, TransportState};

const SECOND: Duration = Duration::from_secs(1);

fn joined(seed: u64, names: &[&'static str]) -> Harness {
    let mut harness = Harness::new(seed);
    for name in names {
        harness.join(name, Path::PERFECT, Path::PERFECT);
    }
    harness.connect();
    harness
}

fn close(harness: &mut Harness, participant: &str) {
    let participant = participant.try_into().unwrap();
    harness.run(Command::CloseParticipant { room: harness::room(), participant }).unwrap();
}

/// How often it was told that a participant's transport is connected.
fn connections(harness: &Harness, name: &str) -> usize {
    let is_it =
        |fact: &Fact| matches!(fact, Fact::TransportConnected { participant, .. } if participant.as_str() == name);
    harness.facts().iter().filter(|fact| is_it(fact)).count()
}

/// Sent for the first packet of a slot, the number of the one before must be one less, whatever was shown before.
fn assert_continuous(harness: &mut Harness, client: usize, slot: usize) {
    let slot = harness.client(client).video_slots[slot];
    let received = harness.client(client).in_order(slot);
    assert!(received[0].sequence >> 16 == 0, "begins with rollover 0");
    for pair in received.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1, "numbers go on");
        assert!(pair[1].timestamp.wrapping_sub(pair[0].timestamp) < 90_000, "so does time");
    }
}

#[test]
fn published_and_mapped_before_the_offer() {
    let mut harness = Harness::new(1);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.join("ben", Path::PERFECT, Path::PERFECT);
    harness.connect();
    harness.advance(SECOND);
    let slot = harness.client(0).video_slots[0];
    assert!(harness.client(0).received[&slot].len() > 60);
    assert!(
        harness.facts().contains(&Fact::PublicationStarted {
            room: harness::room(),
            publication: "ben-camera".try_into().unwrap()
        })
    );
}

#[test]
fn published_and_mapped_after_the_offer() {
    let mut harness = joined(2, &["ann", "ben"]);
    harness.advance(SECOND);
    assert!(harness.client(0).received.is_empty(), "what is not published goes nowhere");
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.advance(SECOND);
    let slot = harness.client(0).video_slots[0];
    let received = harness.client(0).in_order(slot);
    assert!(received.len() > 60);
    let sent = harness.client(1).camera.sent.clone();
    oracle::begins_with_keyframe(&received, &sent, 0).unwrap();
}

#[test]
fn remapping_goes_on_with_numbers_and_time_from_a_keyframe() {
    let mut harness = joined(3, &["ann", "ben", "cleo"]);
    everyone_sees_everyone(&mut harness, &["ann", "ben", "cleo"]);
    for camera in ["cleo-camera", "ben-camera", "cleo-camera", "ann-camera"] {
        harness.advance(Duration::from_millis(1700));
        harness.map("ann", Kind::Video, 0, Some(camera));
    }
    harness.advance(SECOND);
    assert_continuous(&mut harness, 0, 0);
    let slot = harness.client(0).video_slots[0];
    let received = harness.client(0).in_order(slot);
    let mut turns = vec![];
    for packet in &received {
        if turns.last().is_none_or(|last: &harness::client::Received| last.csrc != packet.csrc) {
            assert_eq!((packet.payload[0], packet.payload[1]), (0x10, 0), "a turn begins with a keyframe");
            turns.push(packet.clone());
        }
        assert_eq!(packet.csrc, [u32::from(oracle::publisher(packet)) * 10 + 2]);
    }
    assert_eq!(turns.iter().map(oracle::publisher).collect::<Vec<_>>(), [1, 2, 1, 2, 0]);
}

#[test]
fn unmapped_and_unpublished_slots_go_silent() {
    let mut harness = joined(4, &["ann", "ben"]);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.advance(SECOND);
    harness.map("ann", Kind::Video, 0, None);
    harness
        .run(Command::Unpublish { room: harness::room(), publication: "ben-microphone".try_into().unwrap() })
        .unwrap();
    harness.advance(Duration::from_millis(50));
    harness.client(0).received.clear();
    harness.advance(SECOND);
    assert!(harness.client(0).received.is_empty());
    let ann = harness.room_snapshot().participants.remove(0);
    assert!(ann.slots.iter().all(|slot| slot.publication.is_none()));
    harness.map("ann", Kind::Video, 0, Some("ben-camera"));
    harness.advance(SECOND);
    assert_eq!(harness.client(0).received.len(), 1, "the camera is back, the microphone is not");
}

#[test]
fn padding_closes_up() {
    let mut harness = joined(5, &["ann", "ben"]);
    harness.client(1).camera.padding = true;
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.advance(3 * SECOND);
    assert_continuous(&mut harness, 0, 0);
}

#[test]
fn many_wishes_for_a_keyframe_become_few_requests() {
    let mut harness = joined(6, &["ann", "ben", "cleo"]);
    everyone_sees_everyone(&mut harness, &["ann", "ben", "cleo"]);
    harness.advance(2 * SECOND);
    harness.client(0).keyframe_requests.clear();
    let begin = harness.now;
    for _ in 0..100 {
        for (client, slot) in [(1, 0), (2, 0)] {
            let now = harness.now;
            let slot = harness.client(client).video_slots[slot];
            harness.client(client).want_keyframe(slot, now);
        }
        harness.advance(Duration::from_millis(20));
    }
    harness.advance(SECOND);
    let requests = harness.client(0).keyframe_requests.clone();
    assert!((4..=6).contains(&requests.len()), "{} requests in 2 s", requests.len());
    assert!(requests.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(490)));
    assert!(requests[0] - begin < Duration::from_millis(100), "the first wish is not kept waiting");
    let publication = "ann-camera".try_into().unwrap();
    harness.run(Command::RequestKeyframe { room: harness::room(), publication }).unwrap();
    harness.advance(Duration::from_millis(600));
    assert_eq!(harness.client(0).keyframe_requests.len(), requests.len() + 1);
}

#[test]
fn leaving_closes_everything_of_a_participant() {
    let mut harness = joined(7, &["ann", "ben", "cleo"]);
    everyone_sees_everyone(&mut harness, &["ann", "ben", "cleo"]);
    harness.advance(SECOND);
    close(&mut harness, "ben");
    close(&mut harness, "ben");
    harness.advance(SECOND);
    assert!(harness.client(1).closed, "the client is told");
    let room = harness.room_snapshot();
    assert_eq!(room.participants.len(), 2);
    assert!(
        room.participants[0].slots.iter().all(|slot| {
            slot.publication.as_ref().is_none_or(|publication| publication.as_str().starts_with("cleo"))
        })
    );
    assert!(!harness.facts().iter().any(|fact| matches!(fact, Fact::TransportClosed { .. })), "it was commanded");
    let slot = harness.client(0).video_slots[1];
    let before = harness.client(0).received[&slot].len();
    harness.advance(SECOND);
    assert!(harness.client(0).received[&slot].len() > before + 60, "the others go on");
}

#[test]
fn a_client_that_closes_is_a_fact() {
    let mut harness = joined(8, &["ann", "ben"]);
    harness.client(1).hang_up();
    harness.advance(SECOND);
    let closed = Fact::TransportClosed {
        room: harness::room(),
        participant: "ben".try_into().unwrap(),
        transport: "ben-1".try_into().unwrap(),
        reason: CloseReason::PeerClosed,
    };
    assert_eq!(harness.facts().iter().filter(|fact| **fact == closed).count(), 1);
    let transport = harness.room_snapshot().participants.remove(1).transport.unwrap();
    assert_eq!(transport.state, TransportState::Closed);
    let error = harness.offer("ben", "ben-1", &harness::client::any_offer(harness.now)).unwrap_err();
    assert_eq!(error.code, ErrorCode::OfferInvalid, "a closed transport cannot go on");
}

#[test]
fn a_client_that_vanishes_is_a_fact_and_is_sent_nothing_more() {
    let mut harness = joined(9, &["ann", "ben"]);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.advance(2 * SECOND);
    let dead = Path { loss: 1.0, ..Path::PERFECT };
    harness.set_path(1, dead, Path::PERFECT);
    harness.advance(20 * SECOND);
    let sent = harness.room_snapshot().participants[1].slots[0].packets_sent;
    harness.advance(5 * SECOND);
    assert_eq!(harness.room_snapshot().participants[1].slots[0].packets_sent, sent, "nothing is forwarded to nobody");
    harness.advance(30 * SECOND);
    let reason = harness.facts().into_iter().find_map(|fact| match fact {
        Fact::TransportClosed { reason, .. } => Some(reason),
        _ => None,
    });
    assert_eq!(reason, Some(CloseReason::IceTimeout));
}

#[test]
fn a_client_that_comes_back_in_time_goes_on() {
    let mut harness = joined(10, &["ann", "ben"]);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.advance(2 * SECOND);
    let dead = Path { loss: 1.0, ..Path::PERFECT };
    harness.set_path(1, dead, dead);
    harness.advance(20 * SECOND);
    harness.set_path(1, Path::PERFECT, Path::PERFECT);
    let now = harness.now;
    let offer = harness.client(1).offer_ice_restart(now);
    let answer = harness.offer("ben", "ben-1", &offer).unwrap();
    harness.client(1).answer(&answer, now);
    harness.advance(2 * SECOND);
    let slot = harness.client(1).video_slots[0];
    let recent = harness.client(1).received[&slot].iter().filter(|packet| packet.at > now).count();
    assert!(recent > 60, "{recent} packets after coming back");
    assert_eq!(connections(&harness, "ben"), 1, "an ICE restart is the same transport");
    assert!(!harness.facts().iter().any(|fact| matches!(fact, Fact::TransportClosed { .. })));
}

#[test]
fn after_a_moment_without_a_line_pictures_begin_anew_on_both_sides() {
    let mut harness = joined(12, &["ann", "ben", "cleo"]);
    everyone_sees_everyone(&mut harness, &["ann", "ben", "cleo"]);
    harness.advance(2 * SECOND);
    let dead = Path { loss: 1.0, ..Path::PERFECT };
    let asked = |harness: &mut Harness| [0, 1, 2].map(|client| harness.client(client).keyframe_requests.len());
    for (pause, begins_anew) in [(SECOND / 2, false), (3 * SECOND, true)] {
        harness.set_path(1, dead, dead);
        harness.advance(pause);
        let before = asked(&mut harness);
        harness.set_path(1, Path::PERFECT, Path::PERFECT);
        harness.advance(SECOND / 5);
        let after = asked(&mut harness);
        let news = std::array::from_fn(|client| after[client] > before[client]);
        assert_eq!(news, [begins_anew; 3], "ben sees ann and cleo, and they see ben: {pause:?}");
    }
}

/// A camera's packets get lost for a while, and nothing else does: there is no silence of the client.
#[test]
fn a_picture_that_comes_again_with_something_missing_begins_anew() {
    let mut harness = joined(13, &["ann", "ben"]);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.advance(2 * SECOND);
    for (pause, missing, begins_anew) in [(SECOND / 2, 30, false), (2 * SECOND, 0, false), (2 * SECOND, 30, true)] {
        harness.client(0).camera.enabled = false;
        harness.advance(pause);
        harness.client(0).camera.sequence += missing;
        harness.client(0).keyframe_requests.clear();
        harness.client(0).camera.enabled = true;
        harness.advance(SECOND / 10);
        assert_eq!(!harness.client(0).keyframe_requests.is_empty(), begins_anew, "{pause:?}, {missing} missing");
        harness.advance(SECOND);
    }
}

#[test]
fn a_client_that_never_comes_is_given_up() {
    let mut harness = Harness::new(11);
    let dead = Path { loss: 1.0, ..Path::PERFECT };
    harness.join("ann", dead, dead);
    harness.advance(40 * SECOND);
    assert!(matches!(harness.facts()[..], [Fact::TransportClosed { reason: CloseReason::IceTimeout, .. }]));
}

#[test]
fn a_new_transport_takes_the_place_of_the_old() {
    let mut harness = joined(12, &["ann", "ben"]);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.advance(2 * SECOND);
    let second = harness.join("ben", Path::PERFECT, Path::PERFECT);
    harness.advance(2 * SECOND);
    assert!(harness.client(1).closed, "the old one is told");
    let ben = harness.room_snapshot().participants.remove(1);
    assert_eq!(ben.transport.unwrap().transport.as_str(), "ben-2");
    assert_eq!(ben.publications.len(), 2, "publications outlive transports");
    let slot = harness.client(second).video_slots[0];
    assert!(harness.client(second).received[&slot].len() > 60, "slots are shown on the new one");
    assert_continuous(&mut harness, 0, 0);
    let slot = harness.client(0).video_slots[0];
    let last = harness.client(0).in_order(slot).pop().unwrap();
    assert_eq!(oracle::publisher(&last), 2, "and the publication comes from the new one");
    assert!(!harness.facts().iter().any(|fact| matches!(fact, Fact::TransportClosed { .. })));
}

#[test]
fn more_slots_by_re_offer() {
    let mut harness = joined(13, &["ann", "ben"]);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.map("ann", Kind::Video, 8, Some("ben-camera"));
    harness.advance(2 * SECOND);
    harness.offer_again(0, |client| client.add_video_slots(5));
    harness.advance(2 * SECOND);
    let slot = harness.client(0).video_slots[8];
    assert!(harness.client(0).received[&slot].len() > 100);
    assert_continuous(&mut harness, 0, 0);
    assert_continuous(&mut harness, 0, 8);
    assert_eq!(connections(&harness, "ann"), 1, "a re-offer is for the same transport");
    // A change of direction and nothing else.
    harness.offer_again(0, |_| {});
    harness.advance(SECOND);
    assert_continuous(&mut harness, 0, 0);
}

#[test]
fn one_source_is_one_publication() {
    let mut harness = joined(14, &["ann", "ben"]);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.advance(SECOND);
    harness.publish("ben", "another", 99, Source::Camera);
    let ben = harness.room_snapshot().participants.remove(1);
    let names: Vec<_> = ben.publications.iter().map(|publication| publication.publication.as_str()).collect();
    assert_eq!(names, ["ben-microphone", "another"]);
    harness.map("ann", Kind::Video, 0, Some("another"));
    harness.advance(SECOND);
    let slot = harness.client(0).video_slots[0];
    assert_eq!(harness.client(0).in_order(slot).pop().unwrap().csrc, [99]);
}
