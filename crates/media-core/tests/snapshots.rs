//! Snapshots of workers that hold more than fits into a frame.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::collections::BTreeMap;
use std::time::Duration;

use harness::{Harness, Path, everyone_sees_everyone};
use media_core::{Command, ErrorCode, Kind, Network, ReplyResult, Snapshot, Source};

fn page(harness: &mut Harness, room: Option<&str>, after: Option<String>) -> Snapshot {
    let room = room.map(|room| room.try_into().unwrap());
    match harness.run(Command::TakeSnapshot { room, after }) {
        Ok(ReplyResult::Snapshot(snapshot)) => *snapshot,
        other => panic!("a snapshot, not {other:?}"),
    }
}

/// How many slots each room's participants have, put together from all pages; and how many pages there were.
fn whole(harness: &mut Harness, room: Option<&str>) -> (BTreeMap<String, Vec<usize>>, usize) {
    let mut rooms: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let (mut after, mut pages) = (None, 0);
    loop {
        let page = page(harness, room, after);
        pages += 1;
        for room in page.rooms {
            let participants = rooms.entry(room.room.as_str().to_owned()).or_default();
            participants.extend(room.participants.iter().map(|participant| participant.slots.len()));
        }
        after = page.next;
        if after.is_none() {
            return (rooms, pages);
        }
    }
}

fn fill(harness: &mut Harness, room: &str, participants: usize, slots: u16) {
    harness.enter(room);
    for number in 0..participants {
        for index in 0..slots {
            harness.map(&format!("{room}-{number}"), Kind::Video, index, None);
        }
    }
}

#[test]
fn every_room_and_participant_is_in_exactly_one_page() {
    let mut harness = Harness::new(1);
    fill(&mut harness, "large", 150, 50);
    for number in 0..300 {
        fill(&mut harness, &format!("small-{number}"), 2, 4);
    }
    let (rooms, pages) = whole(&mut harness, None);
    assert_eq!(rooms.len(), 302);
    assert_eq!(rooms["large"], vec![50; 150]);
    assert!((0..300).all(|number| rooms[&format!("small-{number}")] == [4, 4]));
    assert!((5..=12).contains(&pages), "{pages} pages");

    let (rooms, pages) = whole(&mut harness, Some("small-7"));
    assert_eq!((rooms.len(), pages), (1, 1));
    assert_eq!(whole(&mut harness, Some("large")).0["large"], vec![50; 150]);
}

#[test]
fn rooms_that_end_between_two_pages_are_passed_over() {
    let mut harness = Harness::new(1);
    for room in ["a", "b", "c"] {
        fill(&mut harness, room, 50, 60);
    }
    let first = page(&mut harness, None, None);
    let cut = first.rooms.last().unwrap().room.clone();
    assert_eq!(cut.as_str(), "a");
    for room in ["a", "b"] {
        harness.run(Command::CloseRoom { room: room.try_into().unwrap() }).unwrap();
    }
    let second = page(&mut harness, None, first.next);
    assert_eq!(second.rooms.iter().map(|room| room.room.as_str()).collect::<Vec<_>>(), ["c"]);
    let refused = harness.run(Command::TakeSnapshot { room: None, after: Some("nowhere".to_owned()) });
    assert_eq!(refused.unwrap_err().code, ErrorCode::CommandInvalid);
    let refused = harness.run(Command::TakeSnapshot { room: Some("a".try_into().unwrap()), after: None });
    assert_eq!(refused.unwrap_err().code, ErrorCode::RoomNotFound);
}

#[test]
fn what_an_operator_wants_to_know_of_a_call_is_there() {
    let mut harness = Harness::new(1);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    // What ben sends arrives, and what is sent to him does not always.
    harness.join("ben", Path::PERFECT, Path { loss: 0.2, ..Path::PERFECT });
    harness.connect();
    harness.advance(Duration::from_secs(20));
    let snapshot = harness.snapshot();
    let room = &snapshot.rooms[0];
    assert!(room.age_s >= 20);
    let transport = |index: usize| room.participants[index].transport.clone().unwrap();
    assert!(transport(0).connected_after_ms.is_some_and(|after| (10..2000).contains(&after)), "{:?}", transport(0));
    // The documentation's own addresses are of the internet.
    assert_eq!(transport(0).network, Some(Network::Public));
    assert!(transport(1).loss_sent.is_some_and(|loss| loss > 0.05), "{:?}", transport(1));
    assert!(transport(0).loss_sent.is_some_and(|loss| loss < 0.02), "{:?}", transport(0));
    for transport in [transport(0), transport(1)] {
        assert!(transport.loss_received.is_none_or(|loss| loss < 0.02), "{transport:?}");
    }
    harness.set_path(1, Path { loss: 0.2, ..Path::PERFECT }, Path::PERFECT);
    harness.advance(Duration::from_secs(20));
    let snapshot = harness.snapshot();
    let room = &snapshot.rooms[0];
    let transport = |index: usize| room.participants[index].transport.clone().unwrap();
    assert!(transport(1).loss_received.is_some_and(|loss| (0.05..0.4).contains(&loss)), "{:?}", transport(1));

    let totals = snapshot.worker;
    assert_eq!((totals.rooms, totals.participants, totals.transports), (1, 2, 2));
    let sum = |of: fn(&media_core::TransportSnapshot) -> u64| of(&transport(0)) + of(&transport(1));
    assert_eq!(totals.packets_received, sum(|transport| transport.packets_received));
    assert_eq!(totals.packets_sent, sum(|transport| transport.packets_sent));
    assert_eq!(totals.bytes_sent, sum(|transport| transport.bytes_sent));
    assert!(totals.facts_waiting > 0);
    let lost = totals.packets_lost;
    // What was counted stays counted when it is over.
    harness.run(Command::CloseRoom { room: harness::room() }).unwrap();
    let after = harness.worker.statistics();
    assert_eq!((after.rooms, after.participants, after.transports), (0, 0, 0));
    assert!(after.packets_lost >= lost && after.packets_sent >= totals.packets_sent);
}

#[test]
fn a_repair_is_counted_as_one() {
    let mut harness = Harness::new(1);
    harness.publish("ben", "ben-camera", 12, Source::Camera);
    harness.map("ann", Kind::Video, 0, Some("ben-camera"));
    harness.join("ann", Path::PERFECT, Path { loss: 0.2, ..Path::PERFECT });
    harness.join("ben", Path::PERFECT, Path::PERFECT);
    harness.connect();
    harness.advance(Duration::from_secs(10));
    let slot = harness
        .room_snapshot()
        .participants
        .iter()
        .flat_map(|each| each.slots.clone())
        .find(|each| each.publication.is_some());
    let sent = slot.unwrap().packets_sent;
    let repeated = harness.worker.statistics().packets_repeated;
    assert!(repeated > sent / 10 && repeated < sent, "{repeated} of {sent}");
}
