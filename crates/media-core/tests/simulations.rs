//! Three clients under bad networks: everybody gets what the others sent.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::{Codecs, Harness, Path, everyone_sees_everyone, oracle};
use str0m::format::Codec;

const NAMES: [&str; 3] = ["ann", "ben", "cleo"];

/// For how long media flows.
const TALK: Duration = Duration::from_secs(8);

/// Everybody knows everything, and calls it by another number than the next.
const CODECS: [Codecs; 3] = [Codecs::ALL, Codecs::ALL_RENUMBERED, Codecs::ALL];

fn run(seed: u64, codecs: [Codecs; 3], path: Path) -> Harness {
    let mut harness = Harness::new(seed);
    everyone_sees_everyone(&mut harness, &NAMES);
    for (name, codecs) in NAMES.into_iter().zip(codecs) {
        harness.join_with(name, codecs, path, path);
    }
    harness.connect();
    harness.advance(TALK);
    harness
}

/// How many packets arrived, or what is wrong.
fn judge(harness: &Harness, path: Path) -> Result<usize, String> {
    let mut count = 0;
    let clients: Vec<_> = harness.clients().collect();
    for (number, receiver) in clients.iter().enumerate() {
        let others = clients.iter().enumerate().filter(|(other, _)| *other != number);
        for (index, (other, sender)) in others.enumerate() {
            let number = other as u32 * 10;
            // Audio is not repeated, so what the network takes on two ways is gone: as much as is likely among 300 packets.
            let lost = f64::from(path.loss) * 2.0;
            let lost = lost + 4.0 * (lost / 300.0).sqrt();
            let slot = receiver.audio_slots[index];
            count += oracle::complete(receiver, slot, &sender.microphone.sent, number + 1, lost)?;
            let slot = receiver.video_slots[index];
            // A repetition is asked for five times at most, and only for the latest hundred packets. Of what two ways
            // lose, a tenth may be gone for good; repair that does nothing would leave all of it.
            let missing = f64::from(path.loss) * 2.0 / 10.0;
            count += oracle::complete(receiver, slot, &sender.camera.sent, number + 2, missing)?;
            // The first packets may be lost or overtaken before the client knows that there is a stream.
            let slack = if path.loss > 0.0 || path.reorder.is_some() { 6 } else { 0 };
            oracle::begins_with_keyframe(&receiver.in_order(slot), &sender.camera.sent, slack)?;
            if !receiver.received[&receiver.audio_slots[index]].iter().all(|p| p.audio_level == Some(-20)) {
                return Err("an audio level was lost".to_owned());
            }
        }
    }
    Ok(count)
}

fn simulate(seed: u64, loss: f32, delay: u64, jitter: u64, reorder: Option<u32>) {
    simulate_with(seed, CODECS, loss, delay, jitter, reorder);
}

/// The same with other codecs than browsers prefer.
fn simulate_telephones(seed: u64, loss: f32, delay: u64, jitter: u64, reorder: Option<u32>) {
    let [ann, ben, cleo] = CODECS;
    let codecs = [ann.sending(Codec::PCMU, Codec::H264), ben.sending(Codec::PCMA, Codec::H264), cleo];
    simulate_with(seed, codecs, loss, delay, jitter, reorder);
}

fn simulate_with(seed: u64, codecs: [Codecs; 3], loss: f32, delay: u64, jitter: u64, reorder: Option<u32>) {
    let path =
        Path { loss, delay: Duration::from_millis(delay), jitter: Duration::from_millis(jitter), reorder, rate: None };
    let harness = run(seed, codecs, path);
    let count = judge(&harness, path).unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    // Three receivers, two senders each, 50 + 90 packets a second, with time for the start and the tail.
    assert!(count > 3 * 2 * 140 * 4, "seed {seed}: only {count} packets");
    assert!(harness.strays.is_empty());
}

#[test]
fn perfect() {
    simulate(1, 0.0, 0, 0, None);
}

#[test]
fn far_away() {
    simulate(2, 0.0, 120, 0, None);
}

#[test]
fn jittery() {
    simulate(3, 0.0, 30, 15, None);
}

#[test]
fn reordered() {
    simulate(4, 0.0, 20, 5, Some(5));
}

#[test]
fn lossy_1() {
    simulate(5, 0.01, 10, 2, None);
}

#[test]
fn lossy_3_reordered() {
    simulate(6, 0.03, 25, 5, Some(9));
}

#[test]
fn lossy_5() {
    simulate(7, 0.05, 20, 0, None);
}

#[test]
fn lossy_8_jittery() {
    simulate(8, 0.08, 20, 8, None);
}

#[test]
fn lossy_12_reordered() {
    simulate(9, 0.12, 15, 3, Some(7));
}

#[test]
fn lossy_15() {
    simulate(10, 0.15, 10, 5, None);
}

#[test]
fn other_codecs() {
    simulate_telephones(13, 0.0, 30, 0, None);
}

#[test]
fn other_codecs_lossy_5_reordered() {
    simulate_telephones(14, 0.05, 20, 3, Some(7));
}

#[test]
fn other_codecs_lossy_15() {
    simulate_telephones(15, 0.15, 10, 5, None);
}

/// The measurement can fail: a network that loses everything, and one packet too few, are both noticed.
#[test]
fn the_judgement_notices_loss() {
    let mut harness = Harness::new(11);
    everyone_sees_everyone(&mut harness, &NAMES);
    for name in NAMES {
        harness.join(name, Path::PERFECT, Path::PERFECT);
    }
    harness.connect();
    harness.advance(TALK);
    assert!(judge(&harness, Path::PERFECT).is_ok());
    let slot = harness.client(0).video_slots[0];
    harness.client(0).received.get_mut(&slot).unwrap().remove(50);
    assert!(judge(&harness, Path::PERFECT).is_err(), "a packet was taken away and not missed");

    let mut harness = Harness::new(12);
    everyone_sees_everyone(&mut harness, &NAMES);
    for name in NAMES {
        harness.join(name, Path::PERFECT, Path::PERFECT);
    }
    harness.connect();
    let dead = Path { loss: 1.0, ..Path::PERFECT };
    harness.advance(Duration::from_millis(500));
    harness.set_path(0, dead, dead);
    harness.advance(TALK);
    assert!(judge(&harness, Path::PERFECT).is_err(), "a client that heard nothing was not noticed");
}
