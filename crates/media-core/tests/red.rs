//! Redundant audio (RFC 2198): forwarded to who knows it, plain Opus for who does not.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::client::{RED, Received};
use harness::oracle::blocks;
use harness::{Client, Codecs, Harness, Path, everyone_sees_everyone, oracle};
use str0m::format::Codec;

const SECOND: Duration = Duration::from_secs(1);

/// Ann sends RED; ben knows it by other numbers, and cleo does not.
fn joined(seed: u64, path: Path) -> Harness {
    let mut harness = Harness::new(seed);
    everyone_sees_everyone(&mut harness, &["ann", "ben", "cleo"]);
    harness.join_with("ann", Codecs::ALL.sending(RED, Codec::Vp8), path, path);
    harness.join_with("ben", Codecs::ALL_RENUMBERED, path, path);
    harness.join_with("cleo", Codecs::WITHOUT_H264, path, path);
    harness.connect();
    harness
}

fn heard(client: &Client) -> Vec<Received> {
    client.in_order(client.audio_slots[0])
}

#[test]
fn who_knows_red_gets_it_whole_in_its_own_numbers() {
    let mut harness = joined(1, Path::PERFECT);
    harness.advance(3 * SECOND);
    let sent = harness.client(0).microphone.sent.clone();
    let received = heard(harness.client(1));
    assert!(received.len() > 100);
    for (packet, first) in received.iter().zip([true].into_iter().chain(std::iter::repeat(false))) {
        assert_eq!((packet.payload_type, packet.csrc.as_slice()), (98, &[1][..]));
        assert_eq!(packet.audio_level, Some(-20));
        let blocks = blocks(&packet.payload);
        let index = u32::from_be_bytes(blocks[0].1[3..7].try_into().unwrap()) as usize;
        assert_eq!(blocks[0], (96, sent[index].payload.to_vec()), "ben's Opus is 96");
        assert!(first || blocks[1] == (96, sent[index - 1].payload.to_vec()), "and so is what is repeated");
    }
    assert!(received.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1));
}

#[test]
fn who_does_not_know_red_gets_plain_opus() {
    let mut harness = joined(2, Path::PERFECT);
    harness.advance(3 * SECOND);
    let sent = harness.client(0).microphone.sent.clone();
    let cleo = harness.client(2);
    let slot = cleo.audio_slots[0];
    assert!(heard(cleo).iter().all(|packet| packet.payload_type == 109));
    let came = oracle::complete(cleo, slot, &sent, 1, 0.0).unwrap();
    assert!(came > 40);
}

#[test]
fn a_sender_may_go_from_opus_to_red_and_back() {
    let mut harness = joined(3, Path::PERFECT);
    for codec in [Codec::Opus, RED, Codec::Opus, RED] {
        harness.client(0).microphone.codec = codec;
        harness.advance(2 * SECOND);
    }
    let changes = |received: &[Received]| {
        let mut types: Vec<u8> = received.iter().map(|packet| packet.payload_type).collect();
        types.dedup();
        types
    };
    let (ben, cleo) = (heard(harness.client(1)), heard(harness.client(2)));
    assert_eq!(changes(&ben)[changes(&ben).len() - 4..], [96, 98, 96, 98]);
    assert_eq!(changes(&cleo), [109]);
    for received in [ben, cleo] {
        assert!(received.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1));
        let steps = received.windows(2).map(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp));
        assert!(steps.clone().all(|step| (900..=1100).contains(&step)), "{:?}", steps.max());
    }
}

#[test]
fn the_answer_names_red_and_what_is_in_it() {
    let mut harness = Harness::new(4);
    let offer = harness::client::any_offer(harness.now);
    assert!(offer.contains("a=rtpmap:63 red/48000/2"));
    let answer = harness.offer("ann", "t", &offer).unwrap();
    assert_eq!(answer.matches("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n").count(), 4, "once per audio line");
    assert!(!answer.contains("CN/"));
    let plain = offer.replace("red/48000/2", "x-none/48000/2");
    let answer = harness.offer("ben", "t", &plain).unwrap();
    assert!(!answer.contains("red/") && !answer.contains("CN/") && answer.contains("opus/48000/2"));
}

#[test]
fn a_receiver_that_loses_packets_gets_plain_opus_repeated() {
    let lossy = Path { loss: 0.3, ..Path::PERFECT };
    let mut harness = Harness::new(6);
    everyone_sees_everyone(&mut harness, &["ann", "ben", "cleo"]);
    harness.join_with("ann", Codecs::ALL, Path::PERFECT, Path::PERFECT);
    harness.join_with("ben", Codecs::ALL_RENUMBERED, Path::PERFECT, Path::PERFECT);
    harness.join_with("cleo", Codecs::WITHOUT_H264, Path::PERFECT, Path::PERFECT);
    harness.connect();
    harness.advance(3 * SECOND);
    assert!(heard(harness.client(1)).iter().all(|packet| packet.payload_type == 96), "while nothing is lost");

    for client in 1..3 {
        harness.set_path(client, Path::PERFECT, lossy);
    }
    harness.advance(5 * SECOND);
    let begin = harness.client(0).microphone.sent.len();
    harness.advance(60 * SECOND);
    let sent = harness.client(0).microphone.sent.len() - begin;
    let index = |block: &[u8]| u32::from_be_bytes(block[3..7].try_into().unwrap());
    let new = |index: &u32| *index as usize >= begin;
    let share = |indexes: std::collections::BTreeSet<u32>| indexes.len() as f64 / sent as f64;
    let repeated = heard(harness.client(1));
    let repeated =
        repeated.iter().filter(|packet| packet.payload_type == 98).flat_map(|packet| blocks(&packet.payload));
    let repeated = share(repeated.map(|(_, block)| index(&block)).filter(new).collect());
    assert!((0.95..0.99).contains(&repeated), "{repeated} with repeats: 1 - 0.3³");
    let plain = heard(harness.client(2));
    let plain = share(plain.iter().map(|packet| index(&packet.payload)).filter(new).collect());
    assert!((0.67..0.73).contains(&plain), "{plain} of plain Opus");

    harness.set_path(1, Path::PERFECT, Path::PERFECT);
    harness.advance(15 * SECOND);
    assert_eq!(heard(harness.client(1)).last().unwrap().payload_type, 96, "and afterwards");
}

/// Both ways lose 30 % of the packets, so every second one; what is repeated once is lost with its repetition only.
#[test]
fn at_30_percent_loss_on_both_ways_three_quarters_of_the_sound_arrive() {
    let lossy = Path { loss: 0.3, ..Path::PERFECT };
    let mut harness = joined(5, Path::PERFECT);
    for client in 0..3 {
        harness.set_path(client, lossy, lossy);
    }
    let begin = harness.client(0).microphone.sent.len();
    harness.advance(60 * SECOND);
    let sent = harness.client(0).microphone.sent.len() - begin;
    let share = |indexes: std::collections::BTreeSet<u32>| indexes.len() as f64 / sent as f64;
    let index = |block: &[u8]| u32::from_be_bytes(block[3..7].try_into().unwrap());
    let new = |index: &u32| *index as usize >= begin;
    let plain = share(heard(harness.client(2)).iter().map(|packet| index(&packet.payload)).filter(new).collect());
    let redundant = heard(harness.client(1));
    let redundant = redundant.iter().flat_map(|packet| blocks(&packet.payload)).map(|(_, block)| index(&block));
    let redundant = share(redundant.filter(new).collect());
    assert!((0.46..0.52).contains(&plain), "{plain} of plain Opus");
    assert!((0.72..0.78).contains(&redundant), "{redundant} of RED");
}
