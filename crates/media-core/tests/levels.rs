//! How loud microphones are, and when that is worth saying.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::{Codecs, Harness, Path, everyone_sees_everyone};
use media_core::{Command, LEVELS_INTERVAL, SILENCE};
use str0m::format::Codec;

const NAMES: [&str; 3] = ["ann", "ben", "cleo"];

fn joined(seed: u64, path: Path) -> Harness {
    let mut harness = Harness::new(seed);
    everyone_sees_everyone(&mut harness, &NAMES);
    harness.join("ann", path, path);
    harness.join_with("ben", Codecs::WITHOUT_H264.sending(Codec::PCMU, Codec::Vp8), path, path);
    harness.join("cleo", path, path);
    harness.connect();
    for client in 0..3 {
        harness.client(client).loudness = Some(-40);
    }
    harness.advance(Duration::from_secs(1));
    harness
}

/// What is said at the end of the next interval; none if nothing is.
fn next(harness: &mut Harness) -> Option<Vec<(String, i8)>> {
    if harness.clients().count() == 0 {
        harness.now += LEVELS_INTERVAL;
    } else {
        harness.advance(LEVELS_INTERVAL);
    }
    let mut rooms = harness.worker.take_changed_levels(harness.now);
    assert!(rooms.len() <= 1, "there is one room with microphones");
    let room = rooms.pop()?;
    assert_eq!(room.room, harness::room());
    Some(room.levels.into_iter().map(|level| (level.participant.as_str().to_owned(), level.loudness)).collect())
}

fn levels(of: [i8; 3]) -> Vec<(String, i8)> {
    NAMES.into_iter().map(str::to_owned).zip(of).collect()
}

#[test]
fn a_room_is_listed_with_all_its_microphones_when_one_changes() {
    let mut harness = joined(1, Path::PERFECT);
    harness.run(Command::OpenRoom { room: "empty".try_into().unwrap() }).unwrap();
    assert_eq!(next(&mut harness), Some(levels([-40, -40, -40])));
    assert_eq!(next(&mut harness), None);
    harness.client(1).loudness = Some(0);
    assert_eq!(next(&mut harness), Some(levels([-40, 0, -40])));
    harness.client(1).loudness = Some(-41);
    harness.client(2).loudness = Some(-60);
    let mut said = vec![];
    for _ in 0..10 {
        said.extend(next(&mut harness));
    }
    assert_eq!(said.pop(), Some(levels([-40, -41, -60])));
    assert!(said.len() <= 1, "the interval of the change may have both: {said:?}");
}

#[test]
fn who_sends_nothing_is_silent() {
    let mut harness = joined(2, Path::PERFECT);
    next(&mut harness);
    harness.client(0).microphone.enabled = false;
    harness.client(1).loudness = Some(-127);
    harness.client(2).loudness = None;
    harness.advance(LEVELS_INTERVAL);
    assert_eq!(next(&mut harness), Some(levels([SILENCE, SILENCE, SILENCE])));
    assert_eq!(next(&mut harness), None);
    harness.client(0).microphone.enabled = true;
    assert_eq!(next(&mut harness), Some(levels([-40, SILENCE, SILENCE])));
}

#[test]
fn a_room_in_which_nobody_speaks_says_nothing() {
    let mut harness = joined(7, Path::PERFECT);
    assert_eq!(next(&mut harness), Some(levels([-40; 3])));
    for client in 0..3 {
        harness.client(client).loudness = Some(-90);
    }
    harness.advance(LEVELS_INTERVAL);
    assert_eq!(next(&mut harness), Some(levels([SILENCE; 3])));
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..50 {
        harness.client(random.usize(0..3)).loudness = Some(random.i8(-127..=-61));
        assert_eq!(next(&mut harness), None, "noise is not worth a message");
    }
}

#[test]
fn it_is_said_before_the_first_packet_and_when_a_microphone_goes() {
    let mut harness = Harness::new(3);
    assert_eq!(next(&mut harness), None);
    everyone_sees_everyone(&mut harness, &NAMES);
    assert_eq!(next(&mut harness), Some(levels([SILENCE; 3])));
    let close = |participant: &str| Command::CloseParticipant {
        room: harness::room(),
        participant: participant.try_into().unwrap(),
    };
    harness.run(close("ben")).unwrap();
    let expected: Vec<(String, i8)> = vec![("ann".to_owned(), SILENCE), ("cleo".to_owned(), SILENCE)];
    assert_eq!(next(&mut harness), Some(expected));
    for name in ["ann", "cleo"] {
        harness.run(close(name)).unwrap();
    }
    assert_eq!(next(&mut harness), Some(vec![]));
    assert_eq!(next(&mut harness), None);
}

#[test]
fn whoever_comes_next_hears_it_all() {
    let mut harness = joined(4, Path::PERFECT);
    assert_eq!(next(&mut harness), Some(levels([-40; 3])));
    assert_eq!(next(&mut harness), None);
    harness.worker.forget_said();
    assert_eq!(next(&mut harness), Some(levels([-40; 3])));
}

#[test]
fn bad_networks_do_not_make_it_flicker() {
    let ms = Duration::from_millis;
    let path = Path { loss: 0.1, delay: ms(40), jitter: ms(15), reorder: Some(7), rate: None };
    let mut harness = joined(5, path);
    assert_eq!(next(&mut harness), Some(levels([-40; 3])));
    for _ in 0..100 {
        assert_eq!(next(&mut harness), None);
    }
}

#[test]
fn it_follows_a_voice_within_an_interval() {
    let mut harness = joined(6, Path::PERFECT);
    next(&mut harness);
    let mut random = fastrand::Rng::with_seed(6);
    for _ in 0..200 {
        let loudness = random.i8(-60..=0);
        harness.client(1).loudness = Some(loudness);
        // The packets of before are over, and only the new ones are left.
        harness.advance(Duration::from_millis(50));
        harness.worker.take_changed_levels(harness.now);
        if let Some(said) = next(&mut harness) {
            assert_eq!(said[1].1, loudness);
        }
    }
}

/// Who is absent, as is said next within this time; none if nothing is said of the room.
fn absent_within(harness: &mut Harness, time: Duration) -> Option<Vec<String>> {
    let until = harness.now + time;
    let mut said = None;
    while harness.now < until {
        harness.advance(LEVELS_INTERVAL);
        for room in harness.worker.take_changed_levels(harness.now) {
            said = Some(room.absent.iter().map(|participant| participant.as_str().to_owned()).collect());
        }
    }
    said
}

#[test]
fn who_is_not_heard_any_more_is_absent_until_it_is_heard_again() {
    let mut harness = joined(8, Path::PERFECT);
    assert_eq!(absent_within(&mut harness, Duration::from_secs(20)), Some(vec![]));
    harness.set_path(0, Path { loss: 1.0, ..Path::PERFECT }, Path::PERFECT);
    assert_eq!(absent_within(&mut harness, Duration::from_secs(2)), Some(vec![]), "its microphone is silent first");
    assert_eq!(absent_within(&mut harness, Duration::from_secs(2)), Some(vec!["ann".to_owned()]));
    assert_eq!(absent_within(&mut harness, Duration::from_secs(5)), None);
    harness.set_path(0, Path::PERFECT, Path::PERFECT);
    assert_eq!(absent_within(&mut harness, Duration::from_secs(4)), Some(vec![]));
}

#[test]
fn who_only_listens_is_there() {
    let mut harness = joined(9, Path::PERFECT);
    for client in 0..3 {
        harness.client(client).microphone.enabled = false;
        harness.client(client).camera.enabled = false;
    }
    assert_eq!(absent_within(&mut harness, Duration::from_secs(60)), Some(vec![]));
}
