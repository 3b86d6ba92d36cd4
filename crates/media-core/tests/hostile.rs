//! What strangers and forgers send beside a call, by the "pass" columns of S-01, S-03, S-05, S-06 and S-08, each beside a
//! control that shows what would be seen if it did harm.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::net::SocketAddr;
use std::time::Duration;

use harness::{Harness, Path, everyone_sees_everyone};
use media_core::{Fact, Source};
use str0m::ice::{StunMessage, StunMessageBuilder, TransId};

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

const ANN: usize = 0;
const BEN: usize = 1;

fn stranger() -> SocketAddr {
    ([203, 0, 113, 9], 9).into()
}

/// Ann and ben have joined and are not connected yet.
fn beginning(seed: u64) -> Harness {
    let mut harness = Harness::new(seed);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.join("ben", Path::PERFECT, Path::PERFECT);
    harness
}

fn call(seed: u64) -> Harness {
    let mut harness = beginning(seed);
    harness.connect();
    harness.advance(SECOND);
    harness
}

/// Why the call is not as good as it was; nothing may be missing in what ann sees of ben.
fn harm(harness: &mut Harness) -> Option<String> {
    let slot = harness.client(ANN).video_slots[0];
    let before = harness.client(ANN).received[&slot].len();
    harness.advance(SECOND);
    let received = harness.client(ANN).in_order(slot);
    if received.len() < before + 85 {
        return Some(format!("{} packets in a second", received.len() - before));
    }
    if let Some(pair) = received.windows(2).find(|pair| pair[1].sequence != pair[0].sequence + 1) {
        return Some(format!("{} after {}", pair[1].sequence, pair[0].sequence));
    }
    let bad = |fact: &Fact| matches!(fact, Fact::TransportClosed { .. } | Fact::RoomFailed { .. });
    if harness.facts().iter().any(bad) || harness.clients().any(|client| client.closed) {
        return Some(format!("{:?}", harness.facts()));
    }
    (!harness.strays.is_empty()).then(|| format!("{} datagrams to strangers", harness.strays.len()))
}

fn is_srtp(datagram: &[u8]) -> bool {
    (128..192).contains(&datagram[0]) && !(192..224).contains(&datagram[1])
}

/// The beginnings of handshakes as clients send them, and with suites that nobody should agree to.
fn client_hellos(harness: &Harness) -> Vec<Vec<u8>> {
    let is_hello = |datagram: &[u8]| datagram.len() > 60 && datagram[0] == 22 && datagram[13] == 1;
    let valid: Vec<Vec<u8>> =
        harness.heard.iter().map(|(_, bytes)| bytes.clone()).filter(|bytes| is_hello(bytes)).collect();
    assert!(!valid.is_empty());
    let odd = valid.iter().map(|hello| {
        // Behind the record's header (13), the handshake's (12), the version (2) and the random (32) come session id and
        // cookie, each behind its length, then the suites behind theirs.
        let mut odd = hello.clone();
        let cookie = 60 + usize::from(odd[59]);
        let suites = cookie + 1 + usize::from(odd[cookie]);
        let length = usize::from(u16::from_be_bytes([odd[suites], odd[suites + 1]]));
        // TLS_NULL_WITH_NULL_NULL
        odd[suites + 2..suites + 2 + length].fill(0);
        odd
    });
    let odd: Vec<_> = odd.collect();
    [valid, odd].concat()
}

#[test]
fn handshakes_of_strangers_delay_no_handshake_and_get_nothing() {
    let hellos = client_hellos(&call(1));
    for seed in 0..20 {
        let mut undisturbed = beginning(100 + seed);
        undisturbed.connect();
        let mut harness = beginning(100 + seed);
        // Five in each millisecond.
        let begin = harness.now;
        while !harness.clients().all(|client| client.connected) {
            assert!(harness.now - begin < 5 * SECOND, "nobody connects");
            for hello in hellos.iter().cycle().take(5) {
                assert!(!harness.inject(stranger(), hello));
            }
            harness.advance(MS);
        }
        let late = (harness.now - begin).saturating_sub(SECOND);
        assert!(late <= 200 * MS, "connected {late:?} late");
        harness.advance(SECOND);
        assert_eq!(harm(&mut harness), None);
    }
}

/// The same flood does end the handshakes that it may take part in, so the test above would see it.
#[test]
fn control_a_handshake_from_the_clients_own_address_is_taken() {
    let hellos = client_hellos(&call(1));
    let mut harness = beginning(100);
    let address = harness.client(BEN).address;
    let taken = harness.advance_until(SECOND, |harness| hellos.iter().any(|hello| harness.inject(address, hello)));
    assert!(taken);
}

/// SRTP as ben sends it, but with other keys: what is behind the header is somebody else's.
fn forged(harness: &mut Harness, random: &mut fastrand::Rng) -> Vec<Vec<u8>> {
    let heard: Vec<_> = harness
        .heard
        .drain(..)
        .filter(|(source, bytes)| source.ip().to_string() == "198.51.100.2" && is_srtp(bytes))
        .collect();
    let forge = |(_, mut bytes): (SocketAddr, Vec<u8>)| {
        // A number that is yet to come.
        let number = u16::from_be_bytes([bytes[2], bytes[3]]).wrapping_add(random.u16(..500));
        bytes[2..4].copy_from_slice(&number.to_be_bytes());
        for byte in &mut bytes[12..] {
            *byte ^= random.u8(1..);
        }
        bytes
    };
    heard.into_iter().map(forge).collect()
}

#[test]
fn srtp_with_a_wrong_key_harms_nobody_from_wherever_it_comes() {
    let mut harness = call(2);
    harness.heard.clear();
    harness.advance(SECOND);
    let mut random = fastrand::Rng::with_seed(2);
    let (client, forged) = (harness.client(BEN).address, forged(&mut harness, &mut random));
    assert!(forged.len() > 100);
    let mut packets = forged.iter().cycle();
    for _ in 0..2_000 {
        // 20,000 per second from elsewhere, and 3,000 from ben's own address: his budget has room for them.
        for packet in packets.by_ref().take(20) {
            assert!(!harness.inject(stranger(), packet));
        }
        for packet in packets.by_ref().take(3) {
            harness.inject(client, packet);
        }
        harness.advance(MS);
    }
    assert_eq!(harness.worker.statistics().dropped.over_budget, 0);
    assert_eq!(harm(&mut harness), None);
    // A client that sends so many bad packets stays: CVE-2021-41105 was the opposite.
    let more = 10_000;
    for packet in packets.take(more) {
        harness.inject(client, packet);
        if random.u8(..) < 64 {
            harness.advance(MS);
        }
    }
    assert_eq!(harm(&mut harness), None);
}

#[test]
fn everything_twice_and_out_of_order_is_forwarded_once() {
    let mut harness = call(3);
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..30 {
        harness.heard.clear();
        harness.advance(100 * MS);
        let mut heard = harness.heard.clone();
        random.shuffle(&mut heard);
        for (source, datagram) in heard.iter().filter(|(_, datagram)| is_srtp(datagram)) {
            harness.inject(*source, datagram);
            assert!(!harness.inject(stranger(), datagram), "a recording from elsewhere");
        }
    }
    for (slot, what) in [(harness.client(ANN).video_slots[0], "video"), (harness.client(ANN).audio_slots[0], "audio")] {
        let received = harness.client(ANN).in_order(slot);
        assert!(received.len() > 150, "{what}");
        assert!(received.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1), "{what} twice");
    }
    assert_eq!(harm(&mut harness), None);
}

#[test]
fn two_publishers_with_one_ssrc_are_kept_apart() {
    let mut harness = Harness::new(4);
    let names = ["ann", "ben", "cleo"];
    everyone_sees_everyone(&mut harness, &names);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.join("ben", Path::PERFECT, Path::PERFECT);
    harness.join("cleo", Path::PERFECT, Path::PERFECT);
    let bens = harness.client(1).ssrc_of(Source::Camera);
    harness.client(2).send_camera_as(bens);
    assert_eq!(harness.client(2).ssrc_of(Source::Camera), bens);
    harness.connect();
    harness.advance(3 * SECOND);
    for (place, publisher) in [(0, 1), (1, 2)] {
        let slot = harness.client(ANN).video_slots[place];
        let sent = harness.client(publisher).camera.sent.clone();
        let number = publisher as u32 * 10 + 2;
        let came = harness::oracle::complete(harness.client(ANN), slot, &sent, number, 0.0).unwrap();
        assert!(came > 50, "{came} packets");
    }
}

/// The header of a connectivity check with so many bytes of attributes (RFC 8489 §5).
fn check_header(attributes: u16) -> Vec<u8> {
    [&[0, 1][..], &attributes.to_be_bytes(), &[0x21, 0x12, 0xa4, 0x42], &[5; 12]].concat()
}

/// A check that a stranger makes up.
#[allow(clippy::large_types_passed_by_value)] // As str0m takes it.
fn bytes_of(message: StunMessage<'_>, password: Option<&[u8]>) -> Vec<u8> {
    let mut buffer = vec![0; 4000];
    let hmac = |_: &[u8], _: &[&[u8]]| [7; 20];
    let length = message.to_bytes(password, &mut buffer, hmac).unwrap();
    buffer.truncate(length);
    buffer
}

/// Everything that has a meaning before anybody has proved anything, and how much of it.
fn unauthenticated(harness: &Harness) -> Vec<(&'static str, Vec<u8>)> {
    let (_, check) = harness.heard.iter().find(|(_, bytes)| bytes[0] < 4).unwrap();
    let known = StunMessage::parse(check).unwrap();
    let username = known.username().unwrap();
    let ufrag = username.split(':').next().unwrap();
    // 1,000 bytes behind the attribute's type and length (RFC 8489 §14.3); 513 are allowed.
    let long = [check_header(1004), vec![0, 6, 3, 232], vec![b'x'; 1000]].concat();
    let check_of = |name: &str, password: Option<&[u8]>| {
        bytes_of(StunMessage::binding_request(name, TransId::new(), true, 1, 1, true), password)
    };
    let request = || StunMessageBuilder::new();
    let mut unknown = check.clone();
    // An attribute that must be understood and is not (RFC 8489 §14), in place of the first.
    unknown[20..22].copy_from_slice(&0x7ffe_u16.to_be_bytes());
    let mut types = vec![
        ("bad integrity", check_of(username, Some(b"guessed"))),
        ("no integrity", check_of(username, None)),
        ("no user name", bytes_of(request().binding().request().build(TransId::new()), None)),
        ("foreign user name", check_of("nobody:here", Some(b"guessed"))),
        ("user name without colon", check_of(ufrag, Some(b"guessed"))),
        ("huge user name", long),
        ("unknown attribute", unknown),
        (
            "role conflict",
            bytes_of(
                StunMessage::binding_request(username, TransId::new(), false, u64::MAX, 1, true),
                Some(b"guessed"),
            ),
        ),
        ("answer", bytes_of(StunMessage::binding_reply(TransId::new(), stranger()), Some(b"guessed"))),
        ("indication", bytes_of(request().binding().indication().username(username).build(TransId::new()), None)),
        ("TURN allocation", bytes_of(request().allocate().request().username(username).build(TransId::new()), None)),
        (
            "TURN permission",
            bytes_of(
                request()
                    .create_permission()
                    .request()
                    .username(username)
                    .xor_peer_address(stranger())
                    .build(TransId::new()),
                None,
            ),
        ),
        ("RTCP", [&[0x80, 201, 0, 1][..], &[7; 40]].concat()),
        ("TURN channel", vec![64; 80]),
    ];
    types.extend(client_hellos(harness).into_iter().map(|hello| ("handshake", hello)));
    let srtp = harness.heard.iter().find(|(_, bytes)| is_srtp(bytes)).unwrap();
    types.push(("SRTP", srtp.1.clone()));
    types
}

#[test]
fn no_answer_without_proof_and_none_larger_than_the_question() {
    let mut harness = call(5);
    for (what, datagram) in unauthenticated(&harness) {
        for _ in 0..50 {
            harness.inject(stranger(), &datagram);
        }
        harness.advance(100 * MS);
        let answered: usize = harness.strays.drain(..).map(|(_, answer)| answer.len()).sum();
        assert_eq!(answered, 0, "{what}: {answered} bytes for {}", 50 * datagram.len());
    }
    assert_eq!(harm(&mut harness), None);
    // The control: a recorded check proves itself, and its answers are seen here; they are no larger.
    let checks: Vec<Vec<u8>> =
        harness.heard.iter().map(|(_, bytes)| bytes.clone()).filter(|bytes| bytes[0] == 0).collect();
    let asked: usize = checks.iter().map(Vec::len).sum();
    for check in &checks {
        assert!(harness.inject(stranger(), check));
    }
    let answered: usize = harness.strays.drain(..).map(|(_, answer)| answer.len()).sum();
    assert!(answered > 0 && answered <= asked, "{answered} bytes for {asked}");
}

/// A worker with clients that have an offer and never connect is as silent.
#[test]
fn no_answer_before_anybody_is_connected() {
    let datagrams = unauthenticated(&call(6));
    let mut harness = beginning(6);
    for (what, datagram) in datagrams {
        harness.inject(stranger(), &datagram);
        harness.advance_worker(50 * MS);
        assert!(harness.strays.is_empty(), "{what}");
    }
    harness.connect();
    harness.advance(SECOND);
    assert_eq!(harm(&mut harness), None);
}

/// What [`harm`] looks at does change when something is wrong.
#[test]
fn control_harm_is_seen() {
    let mut harness = call(7);
    assert_eq!(harm(&mut harness), None);
    let dead = Path { loss: 1.0, ..Path::PERFECT };
    harness.set_path(BEN, dead, Path::PERFECT);
    assert!(harm(&mut harness).is_some());
}
