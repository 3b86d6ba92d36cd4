//! Commands: what exists is not made again, what is missing is not closed, what is repeated is not run.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use harness::{Harness, Path, room};
use media_core::{Command, CommandId, ErrorCode, Kind, ReplyResult, Source};

fn id(text: &str) -> CommandId {
    text.try_into().unwrap()
}

#[test]
fn creating_twice_changes_nothing() {
    let mut harness = Harness::new(1);
    harness.publish("ann", "p", 1, Source::Camera);
    let before = harness.snapshot();
    harness.run(Command::OpenRoom { room: room() }).unwrap();
    harness.publish("ann", "p", 2, Source::Screen);
    harness.publish("ben", "p", 2, Source::Screen);
    assert_eq!(harness.snapshot(), before);
    harness.map("ann", Kind::Video, 0, Some("p"));
    let before = harness.snapshot();
    harness.map("ann", Kind::Video, 0, Some("p"));
    assert_eq!(harness.snapshot(), before);
}

#[test]
fn closing_what_is_missing_succeeds() {
    let mut harness = Harness::new(2);
    let (nowhere, nobody, nothing) = ("x".try_into().unwrap(), "x".try_into().unwrap(), "x".try_into().unwrap());
    for command in [
        Command::CloseParticipant { room: room(), participant: nobody },
        Command::Unpublish { room: room(), publication: nothing },
        Command::CloseRoom { room: nowhere },
        Command::CloseParticipant { room: "x".try_into().unwrap(), participant: "x".try_into().unwrap() },
        Command::Unpublish { room: "x".try_into().unwrap(), publication: "x".try_into().unwrap() },
        Command::CloseRoom { room: room() },
        Command::CloseRoom { room: room() },
    ] {
        assert_eq!(harness.run(command), Ok(ReplyResult::Done {}));
    }
    assert!(harness.snapshot().rooms.is_empty());
}

#[test]
fn what_is_missing_is_named() {
    let mut harness = Harness::new(3);
    let map = |room: &str, index, publication: &str| Command::MapSlot {
        room: room.try_into().unwrap(),
        participant: "ann".try_into().unwrap(),
        kind: Kind::Video,
        index,
        publication: Some(publication.try_into().unwrap()),
        loudest: false,
    };
    let code = |result: Result<ReplyResult, media_core::CommandError>| result.unwrap_err().code;
    assert_eq!(code(harness.run(map("x", 0, "p"))), ErrorCode::RoomNotFound);
    assert_eq!(code(harness.run(map("room", 0, "p"))), ErrorCode::PublicationNotFound);
    harness.publish("ann", "microphone", 1, Source::Microphone);
    assert_eq!(code(harness.run(map("room", 0, "microphone"))), ErrorCode::CommandInvalid, "sound in a video slot");
    harness.publish("ann", "camera", 2, Source::Camera);
    assert_eq!(code(harness.run(map("room", 64, "camera"))), ErrorCode::CommandInvalid, "no offer has that slot");
    let request = Command::RequestKeyframe { room: room(), publication: "x".try_into().unwrap() };
    assert_eq!(code(harness.run(request)), ErrorCode::PublicationNotFound);
}

#[test]
fn a_repeated_command_is_answered_and_not_run() {
    let mut harness = Harness::new(4);
    let now = harness.now;
    let open = || Command::OpenRoom { room: "again".try_into().unwrap() };
    let first = harness.worker.run(id("1"), open(), now);
    harness.worker.run(id("2"), Command::CloseRoom { room: "again".try_into().unwrap() }, now);
    assert_eq!(harness.worker.run(id("1"), open(), now), first);
    assert_eq!(harness.snapshot().rooms.len(), 1, "the room was not opened again");

    let offer = Command::AcceptOffer {
        room: room(),
        participant: "ann".try_into().unwrap(),
        transport: "t".try_into().unwrap(),
        sdp: harness::client::any_offer(now),
    };
    let answer = harness.worker.run(id("3"), offer.clone(), now);
    assert!(answer.error.is_none());
    assert_eq!(harness.worker.run(id("3"), offer, now), answer, "word for word, keys included");
}

#[test]
fn shutting_down_closes_everything() {
    let mut harness = Harness::new(5);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.connect();
    harness.run(Command::ShutDown).unwrap();
    harness.advance(std::time::Duration::from_millis(200));
    assert!(harness.client(0).closed);
    assert!(harness.snapshot().rooms.is_empty());
}

#[test]
fn facts_are_kept_until_acknowledged_and_in_the_snapshot() {
    let mut harness = Harness::new(6);
    harness.publish("ann", "p", 1, Source::Camera);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.connect();
    harness.advance(std::time::Duration::from_secs(1));
    let numbers: Vec<u64> = harness.worker.facts().after(0).map(|fact| fact.number).collect();
    assert_eq!(numbers, [1, 2], "connected, and the camera started");
    assert_eq!(harness.snapshot().last_fact, 2);
    harness.worker.acknowledge(1);
    assert_eq!(harness.worker.facts().after(0).count(), 1);
}

#[test]
fn a_worker_that_drains_takes_no_new_rooms_and_is_done_with_the_last() {
    let mut harness = Harness::new(9);
    assert_eq!(harness.run(Command::Ping), Ok(ReplyResult::Done {}));
    assert_eq!(harness.run(Command::Drain), Ok(ReplyResult::Done {}));
    let other = Command::OpenRoom { room: "other".try_into().unwrap() };
    assert_eq!(harness.run(other).unwrap_err().code, ErrorCode::Draining);
    assert_eq!(harness.run(Command::OpenRoom { room: room() }), Ok(ReplyResult::Done {}), "it is there already");
    harness.publish("ann", "p", 1, Source::Camera);
    assert!(harness.worker.is_draining() && !harness.worker.is_drained());
    harness.run(Command::CloseRoom { room: room() }).unwrap();
    assert!(harness.worker.is_drained());
}
