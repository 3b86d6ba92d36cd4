//! Clients that move, vanish, lie about where they are, or cannot use UDP.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::{Client, Codecs, Harness, Path, everyone_sees_everyone};
use media_core::{CloseReason, Fact, FiveTuple, Protocol};

const SECOND: Duration = Duration::from_secs(1);

const DEAD: Path = Path { loss: 1.0, ..Path::PERFECT };

const ANN: usize = 0;
const BEN: usize = 1;

fn call(seed: u64) -> Harness {
    let mut harness = Harness::new(seed);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.join("ben", Path::PERFECT, Path::PERFECT);
    harness.connect();
    harness.advance(3 * SECOND);
    harness
}

fn elsewhere() -> SocketAddr {
    ([203, 0, 113, 77], 7777).into()
}

/// When ann's pictures arrived at ben, from some moment on.
fn arrivals(harness: &Harness, since: Instant) -> Vec<Instant> {
    let ben = harness.clients().nth(BEN).unwrap();
    ben.received[&ben.video_slots[0]].iter().map(|packet| packet.at).filter(|at| *at > since).collect()
}

fn in_the_last_second(harness: &Harness) -> usize {
    arrivals(harness, harness.now.checked_sub(SECOND).unwrap()).len()
}

fn last_sent(harness: &Harness, address: SocketAddr) -> Option<Instant> {
    harness.sent.iter().rev().find(|(_, to)| *to == address).map(|(at, _)| *at)
}

fn assert_nobody_closed(harness: &Harness) {
    assert!(!harness.facts().iter().any(|fact| matches!(fact, Fact::TransportClosed { .. })), "{:?}", harness.facts());
}

#[test]
fn media_follows_a_client_to_its_next_address_and_leaves_the_old_one() {
    for seed in 1..=10u32 {
        let mut harness = call(seed.into());
        // At any point between two checks.
        harness.advance(seed * Duration::from_millis(310));
        let (old, moved) = (harness.client(BEN).address, harness.now);
        harness.rebind(BEN, harness.tuple(elsewhere()));
        harness.strays.clear();
        harness.advance(20 * SECOND);
        let checked = harness.checks.iter().find(|(_, from)| *from == elsewhere()).unwrap().0;
        let first = arrivals(&harness, moved + Path::PERFECT.delay)[0];
        assert!(first < checked + Duration::from_millis(500), "{:?} after the first check from there", first - checked);
        let (first_sent, last_to_old) =
            (harness.sent.iter().find(|(_, to)| *to == elsewhere()).unwrap().0, last_sent(&harness, old).unwrap());
        assert!(first_sent >= checked, "an address is sent to once it has proved itself");
        assert!(last_to_old <= checked, "the old address is forgotten");
        assert!(in_the_last_second(&harness) > 85);
        assert!(harness.client(ANN).keyframe_requests.iter().any(|at| *at >= checked), "its picture begins anew");
        assert_nobody_closed(&harness);
    }
}

#[test]
fn a_client_may_move_again_and_again_and_back() {
    let mut harness = call(20);
    let home = harness.tuple(harness.clients().nth(BEN).unwrap().address);
    for round in 0..6u16 {
        let next = if round % 3 == 2 { home } else { harness.tuple(([203, 0, 113, 5], 6000 + round).into()) };
        harness.rebind(BEN, next);
        harness.advance(5 * SECOND);
        let recent = in_the_last_second(&harness);
        assert!(recent > 85, "round {round}: {recent} packets in the last second");
    }
    assert_nobody_closed(&harness);
}

#[test]
fn recorded_checks_from_elsewhere_move_nobody() {
    let mut harness = call(30);
    let checks: Vec<Vec<u8>> = harness.heard.iter().map(|(_, bytes)| bytes.clone()).filter(|b| b[0] < 4).collect();
    assert!(checks.len() > 4);
    for check in checks.iter().cycle().take(200) {
        harness.inject(elsewhere(), check);
        harness.advance(Duration::from_millis(20));
    }
    assert_eq!(last_sent(&harness, elsewhere()), None, "only answers go there");
    let answered: usize = harness.strays.iter().map(|(_, answer)| answer.len()).sum();
    let asked: usize = checks.iter().cycle().take(200).map(Vec::len).sum();
    assert!(answered > 0 && answered <= asked, "{answered} bytes for {asked}");
    assert!(in_the_last_second(&harness) > 85);
}

#[test]
fn media_goes_on_during_an_ice_restart() {
    let mut harness = call(40);
    let begin = harness.now;
    harness.restart_ice(BEN);
    harness.advance(5 * SECOND);
    let arrived = arrivals(&harness, begin);
    let gap = arrived.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(gap < Duration::from_millis(100), "{gap:?} without a picture");
    assert_nobody_closed(&harness);
}

#[test]
fn an_ice_restart_from_another_network_takes_the_media_along() {
    let mut harness = call(41);
    let old = harness.client(BEN).address;
    harness.rebind(BEN, harness.tuple(elsewhere()));
    let begin = harness.now;
    harness.restart_ice(BEN);
    harness.advance(5 * SECOND);
    let first = arrivals(&harness, begin + Path::PERFECT.delay)[0];
    assert!(first - begin < SECOND, "{:?} after the restart", first - begin);
    assert!(last_sent(&harness, old).unwrap() < first);
    assert_nobody_closed(&harness);
}

/// RFC 7675: who does not check any more has not agreed to be sent to any more.
#[test]
fn sending_stops_15_s_after_the_last_sign_of_life() {
    for restarts in [false, true] {
        let mut harness = call(50);
        let vanished = harness.now;
        if restarts {
            // The restart is the last that is heard of the client: its new checks are lost too.
            harness.set_path(BEN, DEAD, Path::PERFECT);
            harness.restart_ice(BEN);
        }
        harness.set_path(BEN, DEAD, Path::PERFECT);
        let address = harness.client(BEN).address;
        harness.advance(30 * SECOND);
        let sent_for = last_sent(&harness, address).unwrap() - vanished;
        // What was on its way still arrives.
        assert!(sent_for <= 15 * SECOND + Duration::from_millis(50), "restarts: {restarts}, sent for {sent_for:?}");
        assert!(sent_for > 14 * SECOND, "restarts: {restarts}, given up after {sent_for:?}");
        harness.advance(20 * SECOND);
        let closed = |fact: &Fact| matches!(fact, Fact::TransportClosed { reason: CloseReason::IceTimeout, .. });
        assert!(harness.facts().iter().any(closed), "{:?}", harness.facts());
    }
}

/// What an offer says about where its sender is would make the worker send wherever an attacker wants.
#[test]
fn candidates_of_an_offer_are_sent_nothing() {
    let mut harness = Harness::new(60);
    let lies = [
        "1 udp 2130706431 127.0.0.1 22 typ host",
        "1 udp 2130706431 169.254.169.254 80 typ host",
        "1 tcp 2130706431 ::1 5432 typ host tcptype passive",
        "1 udp 2130706431 0f14b6b0-e9a6-4bd4-8d3e-8b1b6c4d0f11.local 9 typ host",
        "1 udp 2130706431 intranet.example.com 9 typ host",
        "1 udp 1686052607 203.0.113.77 7777 typ srflx raddr 10.0.0.1 rport 9",
    ];
    let candidates: String = lies.iter().map(|lie| format!("a=candidate:1 {lie}\r\n")).collect();
    let mut client = Client::new("eve", 9, Codecs::ALL, ([198, 51, 100, 9], 5000).into(), harness.now);
    let offer = client.offer(harness.now).replacen("a=ice-ufrag", &format!("{candidates}a=ice-ufrag"), 1);
    assert!(offer.contains("intranet"));
    harness.offer("eve", "eve", &offer).unwrap();
    harness.advance_worker(25 * SECOND);
    assert!(harness.strays.is_empty(), "{} datagrams to strangers", harness.strays.len());
    // The same worker does answer who asks.
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.advance(2 * SECOND);
    assert!(harness.client(ANN).connected);
}

#[test]
fn a_client_without_udp_has_its_call_by_tcp() {
    let mut harness = Harness::new(70);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.join("ben", Path::PERFECT, Path::PERFECT);
    let by_tcp = FiveTuple { protocol: Protocol::Tcp, ..harness.tuple(harness.clients().nth(BEN).unwrap().address) };
    harness.rebind(BEN, by_tcp);
    harness.connect();
    let begin = harness.now;
    harness.advance(3 * SECOND);
    assert!(arrivals(&harness, begin + SECOND).len() > 170);
    assert!(harness.strays.is_empty(), "{} datagrams by UDP", harness.strays.len());
    // It finds out that UDP works after all.
    harness.rebind(BEN, FiveTuple { protocol: Protocol::Udp, ..by_tcp });
    harness.strays.clear();
    harness.advance(10 * SECOND);
    assert!(in_the_last_second(&harness) > 85);
}

#[test]
fn every_address_is_announced_for_udp_and_tcp() {
    let announced: Vec<SocketAddr> = vec![([192, 0, 2, 1], 40_000).into(), "[2001:db8::1]:40000".parse().unwrap()];
    let mut harness = Harness::with_config(80, |config| config.addresses.clone_from(&announced));
    let mut client = Client::new("ann", 1, Codecs::ALL, ([198, 51, 100, 1], 5000).into(), harness.now);
    let offer = client.offer(harness.now);
    let answer = harness.offer("ann", "ann", &offer).unwrap();
    let mut candidates: Vec<(u32, String)> = answer
        .lines()
        .filter_map(|line| line.strip_prefix("a=candidate:"))
        .map(|candidate| {
            let words: Vec<&str> = candidate.split(' ').collect();
            let kind = words[6..].iter().take_while(|word| **word != "ufrag").copied().collect::<Vec<_>>().join(" ");
            (words[3].parse().unwrap(), format!("{} {} {} {kind}", words[2], words[4], words[5]))
        })
        .collect();
    candidates.sort();
    candidates.dedup();
    let by_priority: Vec<&str> = candidates.iter().rev().map(|(_, candidate)| candidate.as_str()).collect();
    assert_eq!(
        by_priority,
        [
            "udp 2001:db8::1 40000 typ host",
            "udp 192.0.2.1 40000 typ host",
            "tcp 2001:db8::1 40000 typ host tcptype passive",
            "tcp 192.0.2.1 40000 typ host tcptype passive",
        ]
    );
}
