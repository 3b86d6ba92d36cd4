//! Simulcast over lines that carry less than there is: who gets which layer, when, and that nothing breaks on the way.
//!
//! Each scenario runs with several seeds: `RINGBACK_SEEDS` says how many there are for all scenarios together.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::{Duration, Instant};

use harness::client::Received;
use harness::{Harness, Path, everyone_sees_everyone, simulcast};
use media_core::{Command, Kind, RoomVideo, SlotSnapshot};

const SECOND: Duration = Duration::from_secs(1);

/// How many scenarios share the seeds.
const SCENARIOS: u64 = 6;

/// Runs a scenario with its share of the seeds.
fn with_seeds(scenario: impl Fn(u64)) {
    let seeds = std::env::var("RINGBACK_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(30);
    (1..=u64::max(1, seeds / SCENARIOS)).for_each(scenario);
}

fn line(rate: u64) -> Path {
    Path { rate: Some(rate), delay: Duration::from_millis(25), ..Path::PERFECT }
}

/// Ann watches Ben, who sends three layers; her line is the one that matters.
fn watching(seed: u64, down: Path) -> Harness {
    let mut harness = Harness::new(seed);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.join_in_layers("ann", Path::PERFECT, down);
    // What a camera sends comes through a line that spreads it.
    harness.join_in_layers("ben", line(6_000_000), Path::PERFECT);
    harness.connect();
    harness
}

/// Lets time go by with a control plane that passes on what is wanted.
fn talk(harness: &mut Harness, time: Duration) -> Vec<RoomVideo> {
    let until = harness.now + time;
    let mut said = Vec::new();
    while harness.now < until {
        harness.advance(Duration::from_millis(200));
        said.extend(harness.tell_publishers());
    }
    said
}

fn slot(harness: &mut Harness, client: usize) -> SlotSnapshot {
    let ann = harness.room_snapshot().participants.swap_remove(client);
    ann.slots.into_iter().find(|slot| slot.kind == Kind::Video && slot.publication.is_some()).unwrap()
}

fn estimate(harness: &mut Harness, client: usize) -> u64 {
    harness.room_snapshot().participants[client].transport.as_ref().unwrap().estimate_bps.unwrap()
}

fn received(harness: &mut Harness, client: usize) -> Vec<Received> {
    let slot = harness.client(client).video_slots[0];
    harness.client(client).in_order(slot)
}

/// Which share of the packets of a microphone arrived that were sent between two moments.
fn heard(harness: &mut Harness, from: Instant, to: Instant) -> f64 {
    let slot = harness.client(0).audio_slots[0];
    let arrived = harness.client(0).received[&slot].iter().filter(|p| p.at >= from && p.at < to).count();
    let sent = harness.client(1).microphone.sent.iter().filter(|p| p.at >= from && p.at < to).count();
    arrived as f64 / sent as f64
}

/// What must be true of what came in a slot, whatever the network did.
fn check(seed: u64, received: &[Received], lossless: bool) {
    for pair in received.windows(2) {
        let [before, after] = pair else { unreachable!() };
        let step = after.sequence - before.sequence;
        assert!(step > 0, "seed {seed}: number {} twice", after.sequence);
        assert!(!lossless || step == 1, "seed {seed}: {step} numbers on");
        let ticks = after.timestamp.wrapping_sub(before.timestamp);
        assert!(ticks < 90_000 * 40, "seed {seed}: time goes back, or far ahead: {ticks}");
        let pictures = simulcast::picture(after).wrapping_sub(simulcast::picture(before)) & 0x7fff;
        assert!(pictures < 3000, "seed {seed}: picture ids go back");
        assert!(!lossless || pictures <= 1, "seed {seed}: {pictures} pictures on");
        if simulcast::layer(before) != simulcast::layer(after) {
            assert!(ticks > 0 && pictures > 0, "seed {seed}: a switch is another picture");
            assert!(!lossless || simulcast::starts_keyframe(after), "seed {seed}: a switch without a keyframe");
        }
    }
}

#[test]
fn the_best_layer_arrives_where_there_is_room() {
    with_seeds(|seed| {
        let mut harness = watching(seed, line(6_000_000));
        talk(&mut harness, 12 * SECOND);
        assert_eq!(slot(&mut harness, 0).layer, Some(2), "seed {seed}");
        let received = received(&mut harness, 0);
        check(seed, &received, true);
        assert!(simulcast::longest_gap(&received) < SECOND, "seed {seed}");
        let layers = &harness.room_snapshot().participants[1].publications[1].layers;
        let names: Vec<_> = layers.iter().map(|layer| layer.rid.as_deref().unwrap()).collect();
        assert_eq!(names, ["l", "m", "h"]);
        assert!(estimate(&mut harness, 0) >= 1_600_000, "seed {seed}: as much as is used");
    });
}

#[test]
fn a_line_that_becomes_slow_is_followed_down_and_up_again() {
    with_seeds(|seed| {
        let mut harness = watching(seed, line(2_000_000));
        talk(&mut harness, 20 * SECOND);
        assert!(slot(&mut harness, 0).layer >= Some(1), "seed {seed}: at first");
        assert!(estimate(&mut harness, 0) >= 1_000_000, "seed {seed}: half of the line");

        harness.change_down(0, line(300_000));
        talk(&mut harness, 2 * SECOND);
        assert_eq!(slot(&mut harness, 0).layer, Some(0), "seed {seed}: within two seconds");
        let begin = harness.now;
        talk(&mut harness, 15 * SECOND);
        let heard = heard(&mut harness, begin, begin + 14 * SECOND);
        assert!(heard > 0.95, "seed {seed}: {heard} of the sound beside video");
        assert!(estimate(&mut harness, 0) >= 150_000, "seed {seed}: half of the line");

        harness.change_down(0, line(2_000_000));
        talk(&mut harness, 10 * SECOND);
        assert!(slot(&mut harness, 0).layer >= Some(1), "seed {seed}: within ten seconds");
        let received = received(&mut harness, 0);
        check(seed, &received, false);
        let gap = simulcast::longest_gap(&received);
        assert!(gap < 2 * SECOND, "seed {seed}: frozen for {gap:?}");
    });
}

#[test]
fn at_a_constant_bandwidth_a_picture_does_not_change_all_the_time() {
    with_seeds(|seed| {
        let rate = [400_000, 900_000, 1_300_000, 2_500_000, 4_000_000][seed as usize % 5];
        let mut harness = watching(seed, line(rate));
        talk(&mut harness, 40 * SECOND);
        let begin = harness.now;
        talk(&mut harness, 60 * SECOND);
        let received = received(&mut harness, 0);
        check(seed, &received, false);
        let late: Vec<&Received> = received.iter().filter(|packet| packet.at > begin).collect();
        let is_switch = |pair: &&[&Received]| simulcast::layer(pair[0]) != simulcast::layer(pair[1]);
        let switches = late.windows(2).filter(is_switch).count();
        assert!(switches <= 6, "seed {seed}: {switches} switches in a minute at {rate} bit/s");
        let gap = simulcast::longest_gap(&received);
        assert!(gap < 2 * SECOND, "seed {seed}: frozen for {gap:?} at {rate} bit/s");
    });
}

#[test]
fn what_is_lost_and_late_breaks_nothing() {
    with_seeds(|seed| {
        let bad = Path { loss: 0.05, jitter: Duration::from_millis(8), reorder: Some(11), ..line(3_000_000) };
        let mut harness = watching(seed, bad);
        talk(&mut harness, 15 * SECOND);
        harness.change_down(0, Path { loss: 1.0, ..bad });
        talk(&mut harness, 3 * SECOND);
        harness.change_down(0, bad);
        let back = harness.now;
        talk(&mut harness, 12 * SECOND);
        let received = received(&mut harness, 0);
        check(seed, &received, false);
        let after: Vec<Received> = received.iter().filter(|packet| packet.at > back).cloned().collect();
        assert!(
            after.first().is_some_and(|first| first.at - back < 2 * SECOND),
            "seed {seed}: not back after an outage"
        );
        let gap = simulcast::longest_gap(&after);
        assert!(gap < 2 * SECOND, "seed {seed}: frozen for {gap:?}");
    });
}

#[test]
fn a_layer_that_stays_away_is_left_for_one_that_comes() {
    with_seeds(|seed| {
        let mut harness = watching(seed, line(6_000_000));
        talk(&mut harness, 12 * SECOND);
        assert_eq!(slot(&mut harness, 0).layer, Some(2), "seed {seed}");
        for (broken, layer) in [([false, false, true], 1), ([false, true, true], 0), ([true, false, true], 1)] {
            for (sender, broken) in harness.client(1).layers.iter_mut().zip(broken) {
                sender.broken = broken;
            }
            talk(&mut harness, 3 * SECOND);
            assert_eq!(slot(&mut harness, 0).layer, Some(layer), "seed {seed}: {broken:?}");
        }
        harness.client(1).layers.iter_mut().for_each(|layer| layer.broken = false);
        talk(&mut harness, 8 * SECOND);
        assert_eq!(slot(&mut harness, 0).layer, Some(2), "seed {seed}: when it is back");
        let received = received(&mut harness, 0);
        check(seed, &received, true);
        assert!(simulcast::longest_gap(&received) < 2 * SECOND, "seed {seed}");
    });
}

#[test]
fn a_better_layer_is_taken_although_the_best_one_stays_away() {
    let mut harness = watching(6, line(6_000_000));
    harness.client(1).layers[1..].iter_mut().for_each(|layer| layer.broken = true);
    talk(&mut harness, 12 * SECOND);
    assert_eq!(slot(&mut harness, 0).layer, Some(0));
    harness.client(1).layers[1].broken = false;
    talk(&mut harness, 4 * SECOND);
    assert_eq!(slot(&mut harness, 0).layer, Some(1));
    let received = received(&mut harness, 0);
    check(6, &received, true);
}

#[test]
fn who_has_lost_the_picture_gets_it_back_while_a_better_layer_stays_away() {
    let mut harness = watching(5, line(6_000_000));
    harness.client(1).layers[1..].iter_mut().for_each(|layer| layer.broken = true);
    talk(&mut harness, 12 * SECOND);
    assert_eq!(slot(&mut harness, 0).layer, Some(0));
    let requests = harness.client(1).layers[0].keyframe_requests.len();
    let (slot, now) = (harness.client(0).video_slots[0], harness.now);
    harness.client(0).want_keyframe(slot, now);
    harness.advance(SECOND / 5);
    assert_eq!(harness.client(1).layers[0].keyframe_requests.len(), requests + 1);
}

#[test]
fn people_come_and_go_and_everybody_goes_on() {
    with_seeds(|seed| {
        let names = ["ann", "ben", "cleo", "dan"];
        let mut harness = Harness::new(seed);
        everyone_sees_everyone(&mut harness, &names);
        for (name, rate) in names.into_iter().zip([1_200_000, 3_000_000, 6_000_000, 6_000_000]) {
            harness.join_in_layers(name, line(6_000_000), line(rate));
            talk(&mut harness, 2 * SECOND);
        }
        talk(&mut harness, 10 * SECOND);
        let participant = "dan".try_into().unwrap();
        harness.run(Command::CloseParticipant { room: harness::room(), participant }).unwrap();
        talk(&mut harness, 5 * SECOND);
        for client in 0..3 {
            for slot in 0..2 {
                let slot = harness.client(client).video_slots[slot];
                let received = harness.client(client).in_order(slot);
                check(seed, &received, false);
                let gap = simulcast::longest_gap(&received);
                assert!(gap < 2 * SECOND, "seed {seed}: client {client} frozen for {gap:?}");
            }
        }
    });
}

#[test]
fn a_slot_gets_what_its_size_needs_and_nothing_when_it_is_hidden() {
    let mut harness = watching(1, line(6_000_000));
    harness.prefer("ann", 0, (320, 180), false);
    talk(&mut harness, 6 * SECOND);
    assert_eq!(slot(&mut harness, 0).layer, Some(0));
    harness.prefer("ann", 0, (640, 360), false);
    talk(&mut harness, 8 * SECOND);
    assert_eq!(slot(&mut harness, 0).layer, Some(1));
    harness.prefer("ann", 0, (0, 0), false);
    harness.advance(SECOND);
    let before = slot(&mut harness, 0);
    harness.advance(SECOND);
    assert_eq!((before.layer, before.packets_sent), (None, slot(&mut harness, 0).packets_sent));
    assert!(!before.paused, "nobody wants it");
    harness.prefer("ann", 0, (640, 360), false);
    harness.advance(SECOND);
    assert!(slot(&mut harness, 0).layer.is_some(), "a keyframe is asked for at once");
}

#[test]
fn publishers_hear_what_is_wanted_at_once_and_what_is_not_after_a_while() {
    let mut harness = watching(2, line(6_000_000));
    talk(&mut harness, 8 * SECOND);
    let wanted = |harness: &mut Harness, time| {
        let said = talk(harness, time);
        said.last().map(|room| room.wanted.iter().map(|wanted| wanted.layers).collect::<Vec<_>>())
    };
    harness.prefer("ann", 0, (320, 180), false);
    harness.prefer("ben", 0, (0, 0), false);
    assert_eq!(wanted(&mut harness, 2 * SECOND), None);
    assert_eq!(wanted(&mut harness, 2 * SECOND), Some(vec![0, 1]));
    let requests = harness.client(0).layers[0].keyframe_requests.len();
    harness.prefer("ben", 0, (320, 180), false);
    assert_eq!(wanted(&mut harness, SECOND / 5), Some(vec![1, 1]));
    harness.advance(SECOND / 5);
    assert!(harness.client(0).layers[0].keyframe_requests.len() > requests);
}

#[test]
fn a_slot_that_is_paused_says_so_and_comes_back() {
    let mut harness = watching(3, line(2_000_000));
    talk(&mut harness, 5 * SECOND);
    harness.change_down(0, line(70_000));
    let said = talk(&mut harness, 20 * SECOND);
    let paused = said.iter().find(|room| !room.paused.is_empty()).expect("a paused slot");
    assert_eq!((paused.paused[0].participant.as_str(), paused.paused[0].index), ("ann", 0));
    assert!(slot(&mut harness, 0).paused);
    harness.change_down(0, line(2_000_000));
    talk(&mut harness, 12 * SECOND);
    assert!(!slot(&mut harness, 0).paused);
    assert!(slot(&mut harness, 0).layer.is_some());
}

#[test]
fn what_is_pinned_comes_before_others() {
    let mut harness = Harness::new(4);
    let names = ["ann", "ben", "cleo"];
    everyone_sees_everyone(&mut harness, &names);
    harness.join_in_layers("ann", Path::PERFECT, line(1_000_000));
    harness.join_in_layers("ben", line(6_000_000), Path::PERFECT);
    harness.join_in_layers("cleo", line(6_000_000), Path::PERFECT);
    harness.connect();
    harness.prefer("ann", 1, (640, 360), true);
    harness.prefer("ann", 0, (640, 360), false);
    talk(&mut harness, 60 * SECOND);
    let layers = |harness: &mut Harness| -> Vec<Option<u8>> {
        let ann = harness.room_snapshot().participants.swap_remove(0);
        ann.slots
            .iter()
            .filter(|slot| slot.publication.is_some() && slot.kind == Kind::Video)
            .map(|s| s.layer)
            .collect()
    };
    assert_eq!(layers(&mut harness), [Some(0), Some(1)]);
    harness.prefer("ann", 0, (640, 360), true);
    harness.prefer("ann", 1, (640, 360), false);
    talk(&mut harness, 60 * SECOND);
    assert_eq!(layers(&mut harness), [Some(1), Some(0)]);
}
