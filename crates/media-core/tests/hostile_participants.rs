//! What a participant can send that holds all keys: RTP, RTCP and SCTP that mean harm. It may harm itself, nobody else.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::net::SocketAddr;
use std::time::Duration;

use harness::no_crypto::{self, record, srtcp, srtp};
use harness::{Codecs, Harness, Path, everyone_sees_everyone};
use media_core::{Fact, ParticipantId, Source};
use str0m::ice::{StunMessage, TransId};

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

const ANN: usize = 0;
const BEN: usize = 1;
const EVE: usize = 2;

/// Ann and ben see each other, and eve, who is about to misbehave, sees both.
fn call(seed: u64) -> Harness {
    no_crypto::install();
    let mut harness = Harness::new(seed);
    everyone_sees_everyone(&mut harness, &["ann", "ben", "eve"]);
    for name in ["ann", "ben", "eve"] {
        harness.join(name, Path::PERFECT, Path::PERFECT);
    }
    harness.connect();
    harness.advance(SECOND);
    harness
}

/// Nothing is missing in what ann sees of ben, and nobody else is harmed.
fn assert_goes_on(harness: &mut Harness) {
    let slot = harness.client(ANN).video_slots[0];
    let before = harness.client(ANN).received[&slot].len();
    harness.advance(SECOND);
    let received = harness.client(ANN).in_order(slot);
    assert!(received.len() >= before + 85, "{} packets in a second", received.len() - before);
    assert!(received.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1));
    assert!(!harness.facts().iter().any(|fact| matches!(fact, Fact::RoomFailed { .. })), "{:?}", harness.facts());
    assert!(!harness.clients().any(|client| client.closed));
    let honest = |participant: &ParticipantId| !participant.as_str().starts_with("mallory");
    let closed = |fact: &Fact| matches!(fact, Fact::TransportClosed { participant, .. } if honest(participant));
    assert!(!harness.facts().iter().any(closed), "{:?}", harness.facts());
    let faults = harness.worker.statistics().faults;
    assert_eq!((faults.transports, faults.rooms), (0, 0));
}

/// An RTCP packet: what its count and type say, and its contents, which are filled up to whole words.
fn rtcp(count: u8, packet_type: u8, contents: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80 | count, packet_type, 0, 0];
    packet.extend(contents);
    packet.resize(packet.len().next_multiple_of(4), 0);
    let words = (packet.len() / 4 - 1) as u16;
    packet[2..4].copy_from_slice(&words.to_be_bytes());
    packet
}

/// The SSRC of what eve receives in her first video slot.
fn slot_ssrc(harness: &mut Harness) -> [u8; 4] {
    let eve = harness.client(EVE);
    let slot = eve.video_slots[0];
    eve.rtc.direct_api().stream_rx_by_mid(slot, None).unwrap().ssrc().to_be_bytes()
}

fn eve(harness: &mut Harness) -> SocketAddr {
    harness.client(EVE).address
}

/// Reports that lie, lack something, or say far too much.
fn absurd_reports(ssrc: [u8; 4]) -> Vec<(&'static str, Vec<u8>)> {
    let own = [0, 0, 0, 9];
    let about = [own, ssrc].concat();
    let every_packet: Vec<u8> =
        (0..300u16).flat_map(|block| [(block * 17).to_be_bytes(), [0xff; 2]].concat()).collect();
    vec![
        ("SDES without an end", rtcp(1, 202, &[&own[..], &[1, 255, b'x', b'y']].concat())),
        ("SDES with 31 chunks and none", rtcp(31, 202, &[])),
        ("SDES of zero-length items", rtcp(3, 202, &[&own[..], &[1, 0, 2, 0, 8, 0, 9, 0]].concat())),
        ("NACK for everything", rtcp(1, 205, &[&about[..], &every_packet].concat())),
        ("NACK for a foreign stream", rtcp(1, 205, &[&own[..], &[9; 4], &every_packet].concat())),
        ("NACK without a stream", rtcp(1, 205, &own)),
        ("REMB of nothing", rtcp(15, 206, &[&about[..], b"REMB", &[1, 0, 0, 0], &ssrc].concat())),
        ("REMB of everything", rtcp(15, 206, &[&about[..], b"REMB", &[1, 0xff, 0xff, 0xff], &ssrc].concat())),
        ("REMB with 255 streams and none", rtcp(15, 206, &[&about[..], b"REMB", &[255, 4, 0, 0]].concat())),
        ("TWCC of 65535 packets in no chunks", rtcp(15, 205, &[&about[..], &[0, 0, 255, 255, 0, 0, 0, 1]].concat())),
        (
            "TWCC of one long run",
            rtcp(15, 205, &[&about[..], &[0, 0, 255, 255, 0x7f, 0xff, 0xff, 1, 0x3f, 0xff, 0x5f, 0xff, 1, 2]].concat()),
        ),
        (
            "TWCC of one packet in many chunks",
            rtcp(15, 205, &[&about[..], &[0, 0, 0, 1, 0, 0, 0, 1], &[0xd5; 64]].concat()),
        ),
        ("XR of an unknown block", rtcp(0, 207, &[&own[..], &[99, 0, 0xff, 0xff, 1, 2, 3, 4]].concat())),
        ("XR with a DLRR that goes on", rtcp(0, 207, &[&own[..], &[5, 0, 0, 30], &ssrc, &[0xff; 8]].concat())),
        ("FIR for 200 streams", rtcp(4, 206, &[&about[..], &[7; 1600]].concat())),
        ("SLI and RPSI", [rtcp(2, 206, &about), rtcp(3, 206, &[&about[..], &[255, 127, 1, 2]].concat())].concat()),
        ("RR with 31 blocks and none", rtcp(31, 201, &own)),
        ("RR of impossible loss", rtcp(1, 201, &[&about[..], &[0xff; 20]].concat())),
        ("SR from the end of time", rtcp(0, 200, &[&own[..], &[0xff; 20]].concat())),
        ("APP", rtcp(31, 204, &[&own[..], b"evil", &[0xff; 400]].concat())),
        ("a length beyond the packet", vec![0x80, 201, 0xff, 0xff, 0, 0, 0, 9]),
        ("padding of 255 in 8 bytes", vec![0xa0, 201, 0, 1, 0, 0, 0, 255]),
        ("300 empty packets", rtcp(0, 201, &own).repeat(150)),
    ]
}

#[test]
fn absurd_reports_harm_nobody() {
    let mut harness = call(1);
    let (address, ssrc) = (eve(&mut harness), slot_ssrc(&mut harness));
    for (what, report) in absurd_reports(ssrc) {
        let before = harness.sent.iter().filter(|(_, to)| *to == address).count();
        for _ in 0..100 {
            assert!(harness.inject(address, &srtcp(&report)), "{what}");
        }
        harness.advance(200 * MS);
        let sent = harness.sent.iter().filter(|(_, to)| *to == address).count() - before;
        // What is seen of two cameras and heard of two microphones in this time is some 60 packets.
        assert!(sent < 200, "{what}: {sent} packets to who sent it");
        assert_goes_on(&mut harness);
    }
}

/// What eve writes is understood: an honest report of hers does what it says.
#[test]
fn control_a_forged_keyframe_request_is_heard() {
    let mut harness = call(2);
    harness.advance(SECOND);
    let (address, ssrc) = (eve(&mut harness), slot_ssrc(&mut harness));
    let before = harness.client(ANN).keyframe_requests.len();
    harness.inject(address, &srtcp(&rtcp(1, 206, &[[0, 0, 0, 9], ssrc].concat())));
    harness.advance(SECOND);
    assert_eq!(harness.client(ANN).keyframe_requests.len(), before + 1);
}

/// The wishes of one who wants keyframes all the time cost the publisher two in a second.
#[test]
fn a_flood_of_keyframe_requests_reaches_nobody() {
    let mut harness = call(3);
    let (address, ssrc) = (eve(&mut harness), slot_ssrc(&mut harness));
    let before = harness.client(ANN).keyframe_requests.len();
    for _ in 0..2000 {
        harness.inject(address, &srtcp(&rtcp(1, 206, &[[0, 0, 0, 9], ssrc].concat())));
        harness.advance(MS);
    }
    let asked = harness.client(ANN).keyframe_requests.len() - before;
    assert!((3..=5).contains(&asked), "{asked} in two seconds");
    assert_goes_on(&mut harness);
}

fn some_bytes(random: &mut fastrand::Rng, fewer_than: usize) -> Vec<u8> {
    let length = random.usize(..fewer_than);
    std::iter::repeat_with(|| random.u8(..)).take(length).collect()
}

#[test]
fn random_reports_harm_nobody() {
    let mut harness = call(4);
    let mut random = fastrand::Rng::with_seed(4);
    let (address, ssrc) = (eve(&mut harness), slot_ssrc(&mut harness));
    let absurd = absurd_reports(ssrc);
    for round in 0..20_000 {
        let mut report = if round % 2 == 0 {
            let contents = some_bytes(&mut random, 80);
            rtcp(random.u8(..32), random.u8(192..224), &contents)
        } else {
            absurd[random.usize(..absurd.len())].1.clone()
        };
        for _ in 0..random.usize(..3) {
            let place = random.usize(..report.len());
            // Not into another sort of datagram.
            report[place] = if place == 0 { random.u8(128..192) } else { random.u8(..) };
        }
        report[1] = report[1].clamp(192, 223);
        // A goodbye is honest.
        if !report.contains(&203) {
            harness.inject(address, &srtcp(&report));
        }
        if round % 5 == 0 {
            harness.advance(2 * MS);
        }
    }
    assert_goes_on(&mut harness);
}

#[test]
fn media_of_a_participant_may_be_anything() {
    let mut harness = call(5);
    let mut random = fastrand::Rng::with_seed(5);
    let address = eve(&mut harness);
    let (camera, microphone) =
        (harness.client(EVE).ssrc_of(Source::Camera), harness.client(EVE).ssrc_of(Source::Microphone));
    let foreign = harness.client(BEN).ssrc_of(Source::Camera);
    let known: Vec<u8> = Codecs::ALL.known.iter().flat_map(|(number, _)| [*number, number + 1]).collect();
    for round in 0..20_000u32 {
        let ssrc = match random.u8(..8) {
            0 => foreign,
            1 => random.u32(1..).into(),
            2..5 => microphone,
            _ => camera,
        };
        let number = if round % 100 == 0 { random.u16(..) } else { round as u16 };
        // Version 2 with any padding, extension and count of sources.
        let mut packet = vec![0x80 | random.u8(..64), known[random.usize(..known.len())] | random.u8(..2) << 7];
        packet.extend(number.to_be_bytes());
        packet.extend(random.u32(..).to_be_bytes());
        packet.extend(ssrc.to_be_bytes());
        packet.extend(some_bytes(&mut random, 120));
        harness.inject(address, &srtp(&packet));
        if round % 5 == 0 {
            harness.advance(2 * MS);
        }
    }
    assert_goes_on(&mut harness);
    let slot = harness.client(ANN).video_slots[0];
    assert!(
        harness.client(ANN).in_order(slot).iter().all(|packet| packet.csrc == [12]),
        "ben's stream is ben's, whoever writes its SSRC"
    );
}

/// A client that is nothing but what it sends, with data channels.
struct ByHand {
    address: SocketAddr,
    username: String,
}

impl ByHand {
    fn join(harness: &mut Harness, name: &str) -> Self {
        let offer = harness::client::any_offer(harness.now);
        let value_of =
            |sdp: &str, name: &str| sdp.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned).unwrap();
        let bundle = value_of(&offer, "a=group:BUNDLE ");
        let (ufrag, password) = (value_of(&offer, "a=ice-ufrag:"), value_of(&offer, "a=ice-pwd:"));
        let fingerprint = value_of(&offer, "a=fingerprint:");
        let data = format!(
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:data\r\n\
             a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=fingerprint:{fingerprint}\r\na=setup:actpass\r\n\
             a=sctp-port:5000\r\na=max-message-size:262144\r\n"
        );
        let offer = offer.replace(&bundle, &format!("{bundle} data")) + &data;
        let answer = harness.offer(name, name, &offer).unwrap();
        let username = format!("{}:{ufrag}", value_of(&answer, "a=ice-ufrag:"));
        let by_hand = Self { address: ([198, 51, 100, 99], 5000).into(), username };
        let mut check = vec![0; 400];
        let request = StunMessage::binding_request(&by_hand.username, TransId::new(), true, 1, 100, true);
        let length = request.to_bytes(Some(b""), &mut check, |_, _| [0; 20]).unwrap();
        assert!(harness.inject(by_hand.address, &check[..length]));
        assert!(harness.inject(by_hand.address, &no_crypto::handshake()));
        harness.advance(100 * MS);
        harness.strays.clear();
        by_hand
    }
}

/// An SCTP packet (RFC 9260 §3) from and to port 5000 with its checksum.
fn sctp(tag: u32, chunks: &[u8]) -> Vec<u8> {
    let mut packet = [&5000u16.to_be_bytes()[..], &5000u16.to_be_bytes(), &tag.to_be_bytes(), &[0; 4], chunks].concat();
    let checksum = crc32c(&packet).to_le_bytes();
    packet[8..12].copy_from_slice(&checksum);
    packet
}

fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

fn chunk(chunk_type: u8, flags: u8, contents: &[u8]) -> Vec<u8> {
    let length = (contents.len() + 4) as u16;
    let mut chunk = [&[chunk_type, flags][..], &length.to_be_bytes(), contents].concat();
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

/// An INIT with this tag, window, and numbers of streams.
fn init(window: u32, streams: u16) -> Vec<u8> {
    let fields = [
        &7u32.to_be_bytes()[..],
        &window.to_be_bytes(),
        &streams.to_be_bytes(),
        &streams.to_be_bytes(),
        &1u32.to_be_bytes(),
    ];
    chunk(1, 0, &fields.concat())
}

/// A parameter of an INIT ACK, each of which is behind its type and length (RFC 9260 §3.2.1).
fn parameter(mut rest: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let [first, second, high, low] = *rest.first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if u16::from_be_bytes([first, second]) == wanted {
            return rest.get(4..length);
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
}

/// What mallory's association with the worker is called there. The control: a proper beginning is answered, so what comes
/// after it is listened to.
fn associate(harness: &mut Harness, address: SocketAddr) -> u32 {
    assert!(harness.inject(address, &record(&sctp(0, &init(100_000, 10)))));
    harness.advance(10 * MS);
    let answer = harness.strays.iter().map(|(_, bytes)| bytes).find(|bytes| bytes[0] == 23).expect("an answer").clone();
    let chunk_of_answer = &answer[13 + 12..];
    assert_eq!(chunk_of_answer[0], 2, "an INIT ACK");
    let tag = u32::from_be_bytes(chunk_of_answer[4..8].try_into().unwrap());
    let cookie = parameter(&chunk_of_answer[20..], 7).expect("a cookie");
    harness.inject(address, &record(&sctp(tag, &chunk(10, 0, cookie))));
    harness.advance(10 * MS);
    tag
}

fn data(number: u32, stream: u16, contents: &[u8], flags: u8) -> Vec<u8> {
    let fields = [&number.to_be_bytes()[..], &stream.to_be_bytes(), &[0, 0], &51u32.to_be_bytes(), contents];
    chunk(0, flags, &fields.concat())
}

/// Chunks of one sort of abuse.
fn abuse(sort: &str, round: u32, random: &mut fastrand::Rng) -> Vec<u8> {
    match sort {
        "a message without end" => data(1 + round, 1, &[7; 1000], u8::from(round == 0) << 1),
        "random data" => data(random.u32(..), random.u16(..), &[1; 8], random.u8(..8)),
        "absurd acknowledgements" => {
            chunk(3, 0, &[&random.u32(..).to_be_bytes()[..], &[0; 4], &[0xff; 4], &[1; 40]].concat())
        }
        "random chunks" => {
            chunk(random.u8(..), random.u8(..), &random.u64(..).to_be_bytes().repeat(round as usize % 9))
        }
        "resets of streams" => chunk(130, 0, &random.u32(..).to_be_bytes().repeat(20)),
        "lengths that lie" => vec![random.u8(..), 0, random.u8(..), random.u8(..), 1, 2, 3],
        "new beginnings" => init(random.u32(..), random.u16(..)),
        other => panic!("{other}"),
    }
}

#[test]
fn sctp_abuse_harms_nobody() {
    let mut harness = call(6);
    let mut random = fastrand::Rng::with_seed(6);
    let sorts = [
        "a message without end",
        "random data",
        "absurd acknowledgements",
        "random chunks",
        "resets of streams",
        "lengths that lie",
        "new beginnings",
    ];
    for (number, sort) in sorts.into_iter().enumerate() {
        let mallory = ByHand::join(&mut harness, &format!("mallory-{number}"));
        let tag = associate(&mut harness, mallory.address);
        harness.strays.clear();
        let mut asked = 0;
        for round in 0..3_000 {
            let tag = if sort == "new beginnings" { 0 } else { tag };
            let datagram = record(&sctp(tag, &abuse(sort, round, &mut random)));
            // It may end by this: then it was its own.
            asked += if harness.inject(mallory.address, &datagram) { datagram.len() } else { 0 };
            if round % 5 == 0 {
                harness.advance(2 * MS);
            }
        }
        harness.advance(SECOND);
        let answered: usize = harness.strays.drain(..).map(|(_, answer)| answer.len()).sum();
        // Its connection is kept up meanwhile, and ended in the end.
        assert!(answered <= asked + 500, "{sort}: {answered} bytes for {asked}");
        assert_goes_on(&mut harness);
    }
}
