//! Who sends more than anybody needs harms nobody else, and costs no more memory than others.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::{Harness, Path, everyone_sees_everyone};
use media_core::{Command, Fact, Source};

const SECOND: Duration = Duration::from_secs(1);

fn call() -> Harness {
    let mut harness = Harness::new(1);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.join("ben", Path::PERFECT, Path::PERFECT);
    harness.connect();
    harness.advance(SECOND);
    harness
}

/// How many packets of ben's camera ann gets in this time.
fn seen(harness: &mut Harness, time: Duration) -> usize {
    let slot = harness.client(0).video_slots[0];
    let before = harness.client(0).received[&slot].len();
    harness.advance(time);
    harness.client(0).received[&slot].len() - before
}

#[test]
fn a_flood_from_one_client_costs_its_own_media_and_nothing_is_closed() {
    let mut harness = call();
    let flooder = harness.client(0).address;
    let mut rubbish = vec![7; 100];
    (rubbish[0], rubbish[1]) = (128, 111);
    assert_eq!(harness.worker.statistics().dropped.over_budget, 0, "an honest call is far below");
    // Four times what may be, for half a minute: connectivity checks go on meanwhile.
    for _ in 0..3000 {
        for _ in 0..200 {
            harness.inject(flooder, &rubbish);
        }
        harness.advance(Duration::from_millis(10));
    }
    let dropped = harness.worker.statistics().dropped;
    assert!(dropped.over_budget > 300_000, "{dropped:?}");
    let transport = harness.room_snapshot().participants[0].transport.clone().unwrap();
    assert!(transport.packets_received > 100_000, "what was within the budget was looked at: {transport:?}");
    assert_eq!(transport.packets_dropped, dropped.over_budget);
    let bad = |fact: &Fact| matches!(fact, Fact::TransportClosed { .. } | Fact::RoomFailed { .. });
    assert!(!harness.facts().iter().any(bad), "{:?}", harness.facts());
    // Both go on as if nothing had been.
    harness.advance(SECOND);
    assert!(seen(&mut harness, SECOND) >= 85);
}

#[test]
fn one_who_floods_uses_up_nothing_of_the_others() {
    let mut harness = call();
    let flooder = harness.client(0).address;
    let mut rubbish = vec![7; 100];
    (rubbish[0], rubbish[1]) = (128, 111);
    let before = harness.worker.statistics().dropped.over_budget;
    let slot = harness.client(0).video_slots[0];
    let received = harness.client(0).received[&slot].len();
    for _ in 0..200 {
        for _ in 0..1000 {
            harness.inject(flooder, &rubbish);
        }
        harness.advance(Duration::from_millis(10));
    }
    assert!(harness.worker.statistics().dropped.over_budget > before + 100_000);
    let slot_packets = harness.client(0).received[&slot].len() - received;
    assert!(slot_packets >= 170, "ben's camera arrives at the flooder's own slots: {slot_packets}");
}

#[test]
fn new_publications_without_end_leave_three_behind() {
    let mut harness = call();
    for number in 0..10_000 {
        for source in [Source::Microphone, Source::Camera, Source::Screen] {
            harness.publish("ann", &format!("{source:?}-{number}"), number, source);
        }
    }
    assert_eq!(harness.room_snapshot().participants[0].publications.len(), 3);
}

#[test]
fn a_participant_has_no_more_slots_than_an_offer() {
    let mut harness = call();
    for index in 0..=u16::MAX {
        let command = Command::MapSlot {
            room: harness::room(),
            participant: "ann".try_into().unwrap(),
            kind: media_core::Kind::Video,
            index,
            publication: None,
            loudest: false,
        };
        assert_eq!(harness.run(command).is_ok(), index < 64);
    }
    assert!(harness.room_snapshot().participants[0].slots.len() <= 2 * 64);
}
