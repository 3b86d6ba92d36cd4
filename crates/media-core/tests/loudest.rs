//! Slots that carry the loudest microphones of a room.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::client::Received;
use harness::{Harness, Path};
use media_core::{Kind, Source};

const SECOND: Duration = Duration::from_secs(1);
const NAMES: [&str; 6] = ["ann", "ben", "cleo", "dora", "emil", "finn"];

/// A room in which everybody has a microphone (number = place + 1), is silent, and receives the loudest in its slots.
fn joined(seed: u64, slots: u16, path: Path) -> Harness {
    let mut harness = Harness::new(seed);
    for (number, name) in NAMES.into_iter().enumerate() {
        harness.publish(name, &format!("{name}-microphone"), number as u32 + 1, Source::Microphone);
        harness.map_loudest(name, 0..slots);
        harness.join(name, path, path);
        harness.client(number).camera.enabled = false;
        harness.client(number).loudness = Some(-127);
    }
    harness.connect();
    harness.advance(2 * SECOND);
    harness
}

fn says(harness: &mut Harness, client: usize, loudness: i8) {
    harness.client(client).loudness = Some(loudness);
}

/// Who is carried in each of a client's audio slots, by first name.
fn carried(harness: &mut Harness, client: usize) -> Vec<String> {
    let slots = harness.room_snapshot().participants.remove(client).slots;
    let audio = slots.into_iter().filter(|slot| slot.kind == Kind::Audio && slot.loudest);
    let name = |id: media_core::PublicationId| id.as_str().split('-').next().unwrap().to_owned();
    audio.map(|slot| slot.publication.map_or(String::new(), name)).collect()
}

fn carried_sorted(harness: &mut Harness, client: usize) -> Vec<String> {
    let mut names = carried(harness, client);
    names.sort();
    names
}

/// When a client first got a packet of a microphone, after a moment.
fn first_after(harness: &mut Harness, client: usize, number: u32, moment: std::time::Instant) -> Option<Duration> {
    let packets = harness.client(client).received.values().flatten();
    let times = packets.filter(|packet| packet.csrc == [number] && packet.at > moment).map(|packet| packet.at - moment);
    times.min()
}

#[test]
fn nobody_receives_himself_and_silence_changes_nothing() {
    let mut harness = joined(1, 3, Path::PERFECT);
    let before: Vec<_> = (0..6).map(|client| carried(&mut harness, client)).collect();
    assert_eq!(before[0], ["ben", "cleo", "dora"]);
    assert_eq!(before[1], ["ann", "cleo", "dora"]);
    assert_eq!(before[5], ["ann", "ben", "cleo"]);
    harness.advance(30 * SECOND);
    assert_eq!((0..6).map(|client| carried(&mut harness, client)).collect::<Vec<_>>(), before);
}

#[test]
fn a_voice_is_heard_by_everybody_60_ms_after_it_began() {
    let mut harness = joined(2, 3, Path { delay: Duration::ZERO, ..Path::PERFECT });
    for (speaker, number) in [(5, 6), (4, 5), (5, 6)] {
        harness.advance(2 * SECOND);
        (0..6).for_each(|client| says(&mut harness, client, -127));
        harness.advance(2 * SECOND);
        let listeners: Vec<usize> =
            (0..6).filter(|client| !carried(&mut harness, *client).contains(&NAMES[speaker].to_owned())).collect();
        says(&mut harness, speaker, -30);
        let moment = harness.now;
        harness.advance(SECOND);
        for listener in listeners.into_iter().filter(|listener| *listener != speaker) {
            let heard = first_after(&mut harness, listener, number, moment).unwrap();
            assert!(heard <= Duration::from_millis(60), "{} heard it after {heard:?}", NAMES[listener]);
        }
        for listener in (0..6).filter(|listener| *listener != speaker) {
            assert!(carried(&mut harness, listener).contains(&NAMES[speaker].to_owned()));
        }
    }
}

#[test]
fn numbers_and_time_go_on_through_all_changes_and_each_begins_with_a_marker() {
    let mut harness = joined(3, 2, Path::PERFECT);
    for turn in 0..12 {
        says(&mut harness, turn % 6, -25);
        harness.advance(Duration::from_millis(700));
        says(&mut harness, turn % 6, -127);
        harness.advance(SECOND);
    }
    let mut changes = 0;
    for client in 0..6 {
        for slot in harness.client(client).audio_slots.clone() {
            let received: Vec<Received> = harness.client(client).in_order(slot);
            assert!(received.iter().all(|packet| packet.csrc != [client as u32 + 1]), "nobody hears himself");
            for pair in received.windows(2) {
                assert_eq!(pair[1].sequence, pair[0].sequence + 1);
                let changed = pair[1].csrc != pair[0].csrc;
                assert_eq!(pair[1].marker, changed, "a marker says where a voice begins");
                let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
                // 20 ms are 960; at a change what went by, which is up to two packets' time.
                assert!(if changed { (1..=2000).contains(&step) } else { step == 960 }, "{step} ticks");
                changes += usize::from(changed);
            }
        }
    }
    assert!(changes > 20, "only {changes} changes");
}

#[test]
fn what_a_slot_was_told_to_carry_stays_and_is_not_carried_twice() {
    let mut harness = joined(4, 3, Path::PERFECT);
    harness.map("ann", Kind::Audio, 0, Some("finn-microphone"));
    assert_eq!(carried(&mut harness, 0), ["cleo", "ben"], "of three others there is room for two");
    for speaker in [1, 4, 5] {
        says(&mut harness, speaker, -20);
    }
    harness.advance(SECOND);
    assert_eq!(carried_sorted(&mut harness, 0), ["ben", "emil"]);
    assert_eq!(carried_sorted(&mut harness, 2), ["ben", "emil", "finn"]);
    harness.map("ann", Kind::Audio, 0, None);
    assert_eq!(carried_sorted(&mut harness, 0), ["ben", "emil"], "finn has no slot there now");
    harness.map_loudest("ann", 0..1);
    assert_eq!(carried(&mut harness, 0)[0], "finn");
}

#[test]
fn four_who_speak_hear_each_other_and_the_others_hear_the_first_three() {
    let mut harness = joined(5, 3, Path::PERFECT);
    for speaker in [2, 3, 4, 5] {
        says(&mut harness, speaker, -20);
        harness.advance(SECOND);
    }
    assert_eq!(carried_sorted(&mut harness, 0), ["cleo", "dora", "emil"]);
    assert_eq!(carried_sorted(&mut harness, 1), ["cleo", "dora", "emil"]);
    assert_eq!(carried_sorted(&mut harness, 2), ["dora", "emil", "finn"]);
    assert_eq!(carried_sorted(&mut harness, 5), ["cleo", "dora", "emil"]);
    let before: Vec<_> = (0..6).map(|client| carried(&mut harness, client)).collect();
    harness.advance(20 * SECOND);
    assert_eq!((0..6).map(|client| carried(&mut harness, client)).collect::<Vec<_>>(), before, "nobody takes turns");
}

#[test]
fn a_microphone_goes_where_its_camera_is() {
    let mut harness = joined(6, 3, Path::PERFECT);
    for (index, name) in [(1, "finn"), (2, "cleo"), (0, "emil")] {
        harness.publish(name, &format!("{name}-camera"), 20 + u32::from(index), Source::Camera);
        harness.map("ann", Kind::Video, index, Some(&format!("{name}-camera")));
    }
    for speaker in [4, 5] {
        says(&mut harness, speaker, -20);
        harness.advance(SECOND);
    }
    assert_eq!(carried(&mut harness, 0)[..2], ["emil", "finn"]);
    says(&mut harness, 2, -20);
    harness.advance(SECOND);
    assert_eq!(carried(&mut harness, 0), ["emil", "finn", "cleo"]);
    // The pictures change places, but a voice does not jump while it sounds.
    harness.map("ann", Kind::Video, 0, Some("finn-camera"));
    harness.map("ann", Kind::Video, 1, Some("emil-camera"));
    harness.advance(SECOND);
    assert_eq!(carried(&mut harness, 0), ["emil", "finn", "cleo"]);
}

#[test]
fn who_leaves_makes_room() {
    let mut harness = joined(7, 3, Path::PERFECT);
    for speaker in [1, 2, 3, 4] {
        says(&mut harness, speaker, -20);
        harness.advance(SECOND);
    }
    assert_eq!(carried_sorted(&mut harness, 5), ["ben", "cleo", "dora"]);
    let participant = "cleo".try_into().unwrap();
    harness.run(media_core::Command::CloseParticipant { room: harness::room(), participant }).unwrap();
    let slots = harness.room_snapshot().participants.remove(4).slots;
    let mut names: Vec<_> = slots.iter().filter_map(|slot| Some(slot.publication.as_ref()?.as_str())).collect();
    names.sort_unstable();
    assert_eq!(names, ["ben-microphone", "dora-microphone", "emil-microphone"]);
}

#[test]
fn a_bad_network_does_not_make_it_flap() {
    let ms = Duration::from_millis;
    let mut harness = joined(8, 2, Path { loss: 0.2, delay: ms(40), jitter: ms(20), reorder: Some(5), rate: None });
    for speaker in 0..6 {
        says(&mut harness, speaker, -20);
    }
    harness.advance(2 * SECOND);
    let before: Vec<_> = (0..6).map(|client| carried(&mut harness, client)).collect();
    for _ in 0..100 {
        harness.advance(ms(200));
        let now: Vec<_> = (0..6).map(|client| carried(&mut harness, client)).collect();
        assert_eq!(now, before);
    }
}
