//! A worker with too much to do makes pictures coarser, then takes nobody new; it lets nobody go and touches no sound.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::client::{Received, any_offer};
use harness::{Harness, Path, everyone_sees_everyone, simulcast};
use media_core::{Command, ErrorCode, Kind, Load, LoadSnapshot};

const SECOND: Duration = Duration::from_secs(1);

fn set(harness: &mut Harness, state: Load) {
    harness.worker.set_load(LoadSnapshot { state, busy: 0.99, lag_ms: 5.0 });
}

fn open(harness: &mut Harness, room: &str) -> Option<ErrorCode> {
    harness.run(Command::OpenRoom { room: room.try_into().unwrap() }).err().map(|error| error.code)
}

#[test]
fn new_rooms_and_participants_are_refused_and_those_who_are_here_are_not() {
    let mut harness = Harness::new(1);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.connect();
    let offer = any_offer(harness.now);

    set(&mut harness, Load::Shedding);
    assert_eq!(open(&mut harness, "second"), None);

    set(&mut harness, Load::Refusing);
    assert_eq!(open(&mut harness, "third"), Some(ErrorCode::Overloaded));
    assert_eq!(open(&mut harness, "second"), None, "it is open");
    // ben is in the plan, but has never been here.
    for somebody in ["ben", "cid"] {
        let refused = harness.offer(somebody, "t", &offer).unwrap_err();
        assert_eq!(refused.code, ErrorCode::Overloaded);
        assert!(refused.message.contains("later"), "{refused}");
    }
    // ann may come back with another transport, and what she sends goes on.
    let again = harness.join("ann", Path::PERFECT, Path::PERFECT);
    assert!(harness.advance_until(Duration::from_secs(5), |harness| harness.client(again).connected));
    assert_eq!(harness.snapshot().worker.load.state, Load::Refusing);

    set(&mut harness, Load::Shedding);
    harness.offer("cid", "t", &offer).unwrap();
    assert_eq!(open(&mut harness, "third"), None);
}

/// What the control plane hears is passed on to the publishers while time goes by.
fn talk(harness: &mut Harness, time: Duration) {
    let until = harness.now + time;
    while harness.now < until {
        harness.advance(Duration::from_millis(200));
        harness.tell_publishers();
    }
}

/// The layer of each video slot of a participant.
fn layers(harness: &mut Harness, participant: usize) -> Vec<Option<u8>> {
    let slots = harness.room_snapshot().participants.swap_remove(participant).slots;
    slots.iter().filter(|slot| slot.kind == Kind::Video && slot.publication.is_some()).map(|slot| slot.layer).collect()
}

/// Which layers of a participant's camera arrive.
fn sent(harness: &mut Harness, participant: usize) -> [bool; 3] {
    let camera = harness.room_snapshot().participants.swap_remove(participant).publications.swap_remove(1);
    [0, 1, 2].map(|layer| camera.layers[layer].bits_per_second > 0)
}

#[test]
fn the_best_layers_go_first_and_come_back_and_nothing_stops_on_the_way() {
    let mut harness = Harness::new(2);
    everyone_sees_everyone(&mut harness, &["ann", "ben", "cid"]);
    for name in ["ann", "ben", "cid"] {
        let line = Path { rate: Some(8_000_000), delay: Duration::from_millis(25), ..Path::PERFECT };
        harness.join_in_layers(name, line, line);
    }
    harness.connect();
    // Ann watches Ben and, pinned, Cid; they have nobody else before their eyes.
    harness.prefer("ann", 0, (1280, 720), false);
    harness.prefer("ann", 1, (1280, 720), true);
    for name in ["ben", "cid"] {
        harness.prefer(name, 0, (0, 0), false);
        harness.prefer(name, 1, (0, 0), false);
    }
    talk(&mut harness, 15 * SECOND);
    assert_eq!(layers(&mut harness, 0), [Some(2), Some(2)]);
    let begin = harness.now;

    set(&mut harness, Load::Shedding);
    talk(&mut harness, SECOND);
    assert_eq!(layers(&mut harness, 0), [Some(1), Some(2)], "within a second, but not what is pinned");
    talk(&mut harness, 5 * SECOND);
    assert_eq!(sent(&mut harness, 1), [true, true, false], "Ben is told that his best layer is in vain");
    assert_eq!(sent(&mut harness, 2), [true, true, true]);

    set(&mut harness, Load::Refusing);
    talk(&mut harness, 6 * SECOND);
    assert_eq!(layers(&mut harness, 0), [Some(0), Some(1)]);
    assert_eq!(sent(&mut harness, 1), [true, false, false]);

    set(&mut harness, Load::Shedding);
    talk(&mut harness, 8 * SECOND);
    assert_eq!(layers(&mut harness, 0), [Some(1), Some(2)]);
    set(&mut harness, Load::Normal);
    talk(&mut harness, 7 * SECOND);
    let end = harness.now;
    talk(&mut harness, SECOND);
    assert_eq!(layers(&mut harness, 0), [Some(2), Some(2)]);

    for slot in 0..2 {
        let slot = harness.client(0).video_slots[slot];
        let received: Vec<Received> =
            harness.client(0).in_order(slot).into_iter().filter(|packet| packet.at >= begin).collect();
        assert!(simulcast::longest_gap(&received) < SECOND / 5, "{:?}", simulcast::longest_gap(&received));
        let switches: Vec<&[Received]> =
            received.windows(2).filter(|pair| simulcast::layer(&pair[0]) != simulcast::layer(&pair[1])).collect();
        assert!(switches.iter().all(|pair| simulcast::starts_keyframe(&pair[1])), "a switch without a keyframe");
        assert!(received.windows(2).all(|pair| pair[1].sequence - pair[0].sequence == 1), "a gap");
    }
    for (slot, client) in [(0, 1), (1, 2)] {
        let microphone: Vec<_> = harness.client(client).microphone.sent.iter().map(|packet| packet.at).collect();
        let spoken = microphone.into_iter().filter(|at| *at >= begin && *at < end).count();
        let slot = harness.client(0).audio_slots[slot];
        let delay = Duration::from_millis(50);
        let is_between = |packet: &&Received| packet.at >= begin + delay && packet.at < end + delay;
        let heard = harness.client(0).received[&slot].iter().filter(is_between).count();
        assert!(spoken > 1000 && heard.abs_diff(spoken) <= 1, "{heard} of {spoken}");
    }
}
