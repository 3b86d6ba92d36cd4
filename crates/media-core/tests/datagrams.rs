//! Whatever arrives on the media port, from whomever: nothing panics, calls go on, and strangers are not answered.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::net::SocketAddr;
use std::time::Duration;

use harness::{Harness, Path, everyone_sees_everyone};
use media_core::Fact;

const SECOND: Duration = Duration::from_secs(1);

fn stranger() -> SocketAddr {
    ([203, 0, 113, 9], 9).into()
}

fn call(seed: u64) -> Harness {
    let mut harness = Harness::new(seed);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.join("ben", Path::PERFECT, Path::PERFECT);
    harness.connect();
    harness.advance(SECOND);
    harness
}

/// The call is as good as before: nothing is missing in what ann sees of ben.
fn assert_goes_on(harness: &mut Harness) {
    let slot = harness.client(0).video_slots[0];
    let before = harness.client(0).received[&slot].len();
    harness.advance(SECOND);
    let received = harness.client(0).in_order(slot);
    assert!(received.len() >= before + 85, "{} packets in a second", received.len() - before);
    assert!(received.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1));
    let bad = |fact: &Fact| matches!(fact, Fact::TransportClosed { .. } | Fact::RoomFailed { .. });
    assert!(!harness.facts().iter().any(bad), "{:?}", harness.facts());
    assert!(harness.strays.is_empty(), "{} datagrams to strangers", harness.strays.len());
}

#[test]
fn every_length_with_every_first_byte() {
    let mut harness = call(1);
    let mut random = fastrand::Rng::with_seed(1);
    let client = harness.client(1).address;
    for length in 0..=200usize {
        for first in 0..=255u8 {
            let mut datagram: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
            if let Some(byte) = datagram.first_mut() {
                *byte = first;
            }
            harness.inject(stranger(), &datagram);
            // And from the address of a client, as anyone can who may write any sender's address.
            harness.inject(client, &datagram);
        }
        if length % 20 == 0 {
            harness.advance(Duration::from_millis(20));
        }
    }
    assert_goes_on(&mut harness);
}

#[test]
fn real_datagrams_changed() {
    let mut harness = call(2);
    let mut random = fastrand::Rng::with_seed(2);
    let heard = std::mem::take(&mut harness.heard);
    for (round, (source, datagram)) in heard.iter().cycle().take(20_000).enumerate() {
        let mut datagram = datagram.clone();
        match round % 4 {
            0 => datagram.truncate(random.usize(..datagram.len())),
            1 => datagram.extend_from_slice(&[0; 7]),
            _ => {
                for _ in 0..random.usize(1..4) {
                    let place = random.usize(..datagram.len());
                    // Another value for certain: what is not changed is answered, wherever it comes from.
                    datagram[place] ^= random.u8(1..);
                }
            }
        }
        harness.inject(if round % 3 == 0 { stranger() } else { *source }, &datagram);
        if round % 1000 == 0 {
            harness.advance(Duration::from_millis(20));
        }
    }
    harness.heard = vec![];
    assert_goes_on(&mut harness);
}

/// str0m 0.23.1 asks for the time again and again after this one; anyone who knows a client's address could send it.
#[test]
fn a_probe_does_not_make_time_stand_still() {
    let mut harness = call(5);
    let mut probe = vec![0; 40];
    probe[0] = 0x80;
    probe[1] = 96;
    let client = harness.client(1).address;
    assert!(!harness.inject(client, &probe));
    assert_goes_on(&mut harness);
}

#[test]
fn real_datagrams_repeated() {
    let mut harness = call(3);
    let slot = harness.client(0).video_slots[0];
    let heard = std::mem::take(&mut harness.heard);
    for (source, datagram) in &heard {
        harness.inject(*source, datagram);
        // A stranger who repeats a client's checks proves nothing but that he heard them: str0m answers, as ICE says, with
        // at most what he sent. Everything else of his is dropped.
        if datagram[0] > 3 {
            assert!(!harness.inject(stranger(), datagram));
        }
    }
    harness.advance(SECOND);
    let received = harness.client(0).in_order(slot);
    assert!(received.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1), "nothing twice");
    assert_goes_on(&mut harness);
}

/// The beginning of a DTLS handshake, as a stranger would send it who wants to be taken for the client.
fn client_hellos(harness: &Harness) -> Vec<Vec<u8>> {
    let is_client_hello = |datagram: &[u8]| datagram.len() > 13 && datagram[0] == 22 && datagram[13] == 1;
    harness.heard.iter().map(|(_, datagram)| datagram.clone()).filter(|datagram| is_client_hello(datagram)).collect()
}

#[test]
fn a_strangers_handshake_disturbs_nobody() {
    let hellos = client_hellos(&call(4));
    assert!(!hellos.is_empty());
    for seed in 0..10 {
        let mut harness = Harness::new(100 + seed);
        everyone_sees_everyone(&mut harness, &["ann", "ben"]);
        harness.join("ann", Path::PERFECT, Path::PERFECT);
        harness.join("ben", Path::PERFECT, Path::PERFECT);
        let begin = harness.now;
        // Before, during and after: every millisecond, from a stranger's address.
        let connected = harness.advance_until(5 * SECOND, |harness| {
            for hello in &hellos {
                assert!(!harness.inject(stranger(), hello));
            }
            harness.clients().all(|client| client.connected)
        });
        assert!(connected);
        assert!(harness.now - begin < SECOND, "connected after {:?}", harness.now - begin);
        harness.advance(SECOND);
        assert_goes_on(&mut harness);
    }
}
