//! Offers from strangers: each gets an answer or an error, and nobody else notices.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::{Harness, Path, everyone_sees_everyone};
use media_core::{ErrorCode, MAX_OFFER_BYTES, MAX_OFFER_LINES};

struct Call {
    harness: Harness,
    offer: String,
    count: u32,
}

impl Call {
    fn new() -> Self {
        let mut harness = Harness::new(1);
        everyone_sees_everyone(&mut harness, &["ann", "ben"]);
        harness.join("ann", Path::PERFECT, Path::PERFECT);
        harness.join("ben", Path::PERFECT, Path::PERFECT);
        harness.connect();
        let offer = harness::client::any_offer(harness.now);
        Self { harness, offer, count: 0 }
    }

    /// What another participant's first offer gives.
    fn first(&mut self, sdp: &str) -> Result<String, ErrorCode> {
        self.count += 1;
        let transport = format!("t{}", self.count);
        self.harness.offer("mallory", &transport, sdp).map_err(|error| error.code)
    }

    /// What an offer on ann's running transport gives.
    fn again(&mut self, sdp: &str) -> Result<String, ErrorCode> {
        self.harness.offer("ann", "ann-0", sdp).map_err(|error| error.code)
    }

    fn assert_goes_on(&mut self) {
        self.harness.advance(Duration::from_secs(1));
        for (client, other) in [(0, 1), (1, 0)] {
            let slot = self.harness.client(client).video_slots[0];
            let received = self.harness.client(client).in_order(slot);
            assert!(received.len() > 80, "{} packets", received.len());
            assert!(received.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1), "from client {other}");
            self.harness.client(client).received.clear();
        }
    }
}

#[test]
fn a_good_offer_is_answered_line_by_line() {
    let mut call = Call::new();
    let offer = call.offer.clone();
    let answer = call.first(&offer).unwrap();
    assert_eq!(answer.matches("\r\nm=").count(), 10);
    assert_eq!(answer.matches("a=recvonly").count(), 2, "microphone and camera");
    assert_eq!(answer.matches("a=sendonly").count(), 7, "slots");
    assert_eq!(answer.matches("a=inactive").count(), 1, "the screen");
    assert!(answer.contains("a=ice-lite"));
    for slot in ["slot-0 audio-slot-0", "slot-2 audio-slot-2", "slot-0 video-slot-0", "slot-3 video-slot-3"] {
        assert_eq!(answer.matches(&format!("a=msid:{slot}\r\n")).count(), 1, "{slot}");
    }
    assert_eq!(answer.matches("a=ssrc-group:FID").count(), 4, "video slots have retransmissions");
    assert!(answer.contains("192.0.2.1 40000 typ host"));
}

#[test]
fn rubbish_gets_an_error_and_disturbs_nobody() {
    let mut call = Call::new();
    let good = call.offer.clone();
    let too_many: String = std::iter::repeat_n("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", MAX_OFFER_LINES + 1).collect();
    let bundle = good.lines().find(|line| line.starts_with("a=group:BUNDLE")).unwrap().to_owned();
    for (what, sdp, code) in [
        ("nothing", String::new(), ErrorCode::OfferInvalid),
        ("words", "hello world".to_owned(), ErrorCode::OfferInvalid),
        ("zeros", "\0".repeat(1000), ErrorCode::OfferInvalid),
        ("too long", good.clone() + &"a=x\r\n".repeat(MAX_OFFER_BYTES / 5), ErrorCode::OfferTooLarge),
        ("too many lines", good.clone() + &too_many, ErrorCode::OfferTooLarge),
        (
            "one type, two codecs",
            good.replace("a=rtpmap:111 opus/48000/2", "a=rtpmap:96 opus/48000/2"),
            ErrorCode::OfferInvalid,
        ),
        ("no bundle", good.replace(&bundle, "a=x"), ErrorCode::OfferInvalid),
        ("slots that send", good.replace("a=recvonly", "a=sendonly"), ErrorCode::OfferInvalid),
        ("sources that receive", good.replace("a=sendonly", "a=recvonly"), ErrorCode::OfferInvalid),
        ("no fingerprint", good.replace("a=fingerprint", "a=x"), ErrorCode::OfferInvalid),
        ("no password", good.replace("a=ice-pwd", "a=x"), ErrorCode::OfferInvalid),
    ] {
        assert_eq!(call.first(&sdp), Err(code), "{what}");
        assert_eq!(call.again(&sdp), Err(code), "{what}, again");
    }
    call.assert_goes_on();
    assert_eq!(call.harness.room_snapshot().participants.len(), 2, "nobody was made of a bad offer");
}

#[test]
fn truncated_offers() {
    let mut call = Call::new();
    let good = call.offer.clone();
    for length in (0..good.len()).step_by(50) {
        // A cut in the last m-line can leave a whole offer.
        let _ = call.first(&good[..length]);
        assert!(call.again(&good[..length]).is_err(), "not this connection's lines");
    }
    call.assert_goes_on();
}

#[test]
fn changed_offers() {
    let mut call = Call::new();
    let good = call.offer.clone().into_bytes();
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..1500 {
        let mut sdp = good.clone();
        for _ in 0..random.usize(1..8) {
            let place = random.usize(..sdp.len());
            sdp[place] = random.choice(*b"0123456789 :/=\r\naxm").unwrap_or(b' ');
        }
        let _ = call.first(&String::from_utf8_lossy(&sdp));
    }
    call.assert_goes_on();
}

#[test]
fn lines_taken_out_doubled_and_swapped() {
    let mut call = Call::new();
    let good = call.offer.clone();
    let lines: Vec<&str> = good.lines().collect();
    let mut random = fastrand::Rng::with_seed(4);
    for _ in 0..1500 {
        let mut lines = lines.clone();
        for _ in 0..random.usize(1..4) {
            let (a, b) = (random.usize(..lines.len()), random.usize(..lines.len()));
            match random.u8(..3) {
                0 => drop(lines.remove(a)),
                1 => lines.insert(b, lines[a]),
                _ => lines.swap(a, b),
            }
        }
        let _ = call.first(&(lines.join("\r\n") + "\r\n"));
    }
    call.assert_goes_on();
}
