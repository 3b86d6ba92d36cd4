//! Opus sends little in a silence, if both ends want that (DTX): a pause is neither loss nor an end.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::{Harness, Path, everyone_sees_everyone, oracle};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_client_says_whether_it_wants_to_send_little_in_a_silence() {
    let mut harness = Harness::new(1);
    let offer = harness::client::any_offer(harness.now);
    assert!(offer.contains("useinbandfec=1") && !offer.contains("usedtx"));
    let answer = harness.offer("ann", "t", &offer).unwrap();
    assert!(answer.contains("a=fmtp:111 minptime=10;useinbandfec=1\r\n"), "repair within Opus is always wanted");
    let wanting = offer.replace("useinbandfec=1", "useinbandfec=1; usedtx=1");
    let answer = harness.offer("ben", "t", &wanting).unwrap();
    assert!(answer.contains("a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n"));
    let (before, slot) = offer.rsplit_once("useinbandfec=1").unwrap();
    let receiving = format!("{before}useinbandfec=1;usedtx=1{slot}");
    assert!(!harness.offer("cleo", "t", &receiving).unwrap().contains("usedtx"), "that was said of a slot");
}

#[test]
fn a_silence_is_neither_loss_nor_an_end() {
    let mut harness = Harness::new(2);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.join("ben", Path::PERFECT, Path::PERFECT);
    harness.connect();
    harness.advance(2 * SECOND);
    for sparse in [Some(20), None, Some(20), None] {
        harness.client(0).microphone.sparse = sparse;
        harness.client(0).loudness = Some(if sparse.is_some() { -127 } else { -20 });
        harness.advance(10 * SECOND);
    }
    let sent = harness.client(0).microphone.sent.clone();
    let ben = harness.client(1);
    let received = ben.in_order(ben.audio_slots[0]);
    let came = oracle::complete(ben, ben.audio_slots[0], &sent, 1, 0.0).unwrap();
    assert!(came > 1000);
    let mut pauses = 0;
    for pair in received.windows(2) {
        let pause = pair[1].at - pair[0].at;
        let told = f64::from(pair[1].timestamp.wrapping_sub(pair[0].timestamp)) / 48_000.0;
        assert!((told - pause.as_secs_f64()).abs() < 0.001, "{pause:?} went by, and {told} s were told");
        assert!(!pair[1].marker, "nothing was switched");
        pauses += usize::from(pause > Duration::from_millis(300));
    }
    assert!(pauses > 40, "{pauses} pauses");
    let ann = harness.room_snapshot().participants.remove(0);
    assert_eq!(ann.publications[0].packets_lost, 0);
}
