//! What operators rely on, of the program as it runs: packet captures, bounded memory, and refusing when there is too much.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod program;

use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use program::{Controller, Folder, PATIENCE, Worker};
use serde_json::{Value as Json, json};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpWrite, Ssrc};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

/// Longer than a worker may be late before it refuses.
const HELD_UP: Duration = Duration::from_secs(3);

/// The payload of a packet, which is in no capture of headers.
const PAYLOAD: &[u8] = b"forty bytes of a voice that says nothing";

/// A client with a microphone and one slot, by UDP on loopback.
struct Client {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    microphone: Mid,
    pending: Option<SdpPendingOffer>,
    connected: bool,
    sent: u64,
    received: u64,
    /// Where what it sent last went.
    worker: Option<SocketAddr>,
}

impl Client {
    fn new() -> Self {
        let mut rtc = RtcConfig::new().set_rtp_mode(true).build(Instant::now());
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let local = socket.local_addr().unwrap();
        rtc.add_local_candidate(Candidate::host(local, Protocol::Udp).unwrap());
        let microphone = Mid::from("-");
        Self { rtc, socket, local, microphone, pending: None, connected: false, sent: 0, received: 0, worker: None }
    }

    fn joined(controller: &mut Controller, room: &str, name: &str) -> Self {
        let mut client = Self::new();
        let mut api = client.rtc.sdp_api();
        client.microphone = api.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        api.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        let (offer, pending) = api.apply().unwrap();
        client.pending = Some(pending);
        let offer = json!({"type": "accept_offer", "room": room, "participant": name, "transport": name,
                           "sdp": offer.to_sdp_string()});
        let reply = controller.run(&format!("offer {room} {name}"), &offer);
        let answer = SdpAnswer::from_sdp_string(reply["result"]["sdp"].as_str().unwrap()).unwrap();
        client.rtc.sdp_api().accept_answer(client.pending.take().unwrap(), answer).unwrap();
        client
    }

    fn step(&mut self) {
        let now = Instant::now();
        let mut buffer = [0; 2000];
        while let Ok((length, source)) = self.socket.recv_from(&mut buffer) {
            let receive = Receive::new(Protocol::Udp, source, self.local, &buffer[..length]).unwrap();
            self.rtc.handle_input(Input::Receive(now, receive)).unwrap();
            self.drain();
        }
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.drain();
    }

    /// Sends a packet, in the microphone's own stream or in one that there was never before.
    fn send(&mut self, new_ssrc: Option<u32>) {
        let payload_type = self.rtc.codec_config().params()[0].pt();
        let mut api = self.rtc.direct_api();
        if let Some(ssrc) = new_ssrc {
            let before = api.stream_tx_by_mid(self.microphone, None).unwrap().ssrc();
            api.remove_stream_tx(before);
            api.declare_stream_tx(Ssrc::from(ssrc), None, self.microphone, None);
        }
        let stream = api.stream_tx_by_mid(self.microphone, None).unwrap();
        let time = (self.sent as u32).wrapping_mul(960);
        stream.write_rtp(RtpWrite::new(
            payload_type,
            (1000 + self.sent).into(),
            time,
            Instant::now(),
            PAYLOAD.to_vec(),
        ));
        self.sent += 1;
        self.step();
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(_) => return,
                Output::Transmit(transmit) => {
                    self.worker = Some(transmit.destination);
                    drop(self.socket.send_to(&transmit.contents, transmit.destination));
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::RtpPacket(_)) => self.received += 1,
                Output::Event(_) => {}
            }
        }
    }
}

/// Lets the clients go on until something is true.
fn until(clients: &mut [Client], mut done: impl FnMut(&mut [Client]) -> bool) {
    let begin = Instant::now();
    while !done(clients) {
        assert!(begin.elapsed() < PATIENCE, "not in time");
        clients.iter_mut().for_each(Client::step);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A room with ann, who hears ben.
fn call(controller: &mut Controller) -> [Client; 2] {
    controller.run("open", &json!({"type": "open_room", "room": "call"}));
    let publish = json!({"type": "publish", "room": "call", "participant": "ben", "publication": "voice",
                         "number": 77, "source": "MICROPHONE"});
    controller.run("publish", &publish);
    let map = json!({"type": "map_slot", "room": "call", "participant": "ann", "kind": "AUDIO", "index": 0,
                     "publication": "voice"});
    controller.run("map", &map);
    let mut clients = ["ann", "ben"].map(|name| Client::joined(controller, "call", name));
    until(&mut clients, |clients| clients.iter().all(|client| client.connected));
    clients
}

/// A packet of a capture: its addresses, how long it was, and what was kept of it.
struct Captured {
    source: u16,
    destination: u16,
    length: usize,
    kept: Vec<u8>,
}

/// Reads what `tcpdump -w` would have written; none while its last packet is not whole.
fn read_pcap(file: &[u8]) -> Option<Vec<Captured>> {
    assert_eq!(file.get(..8)?, [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]);
    assert_eq!(file.get(20..24)?, [101, 0, 0, 0], "packets begin with their IP header");
    let mut packets = Vec::new();
    let mut rest = &file[24..];
    while !rest.is_empty() {
        let field = |place: usize| Some(u32::from_le_bytes(rest.get(place..place + 4)?.try_into().unwrap()) as usize);
        let (seconds, kept, length) = (field(0)?, field(8)?, field(12)?);
        assert!(seconds > 1_700_000_000, "the time is that of people");
        let packet = rest.get(16..16 + kept)?;
        assert_eq!((packet[0], packet[9]), (0x45, 17), "IPv4 and UDP");
        assert_eq!(usize::from(u16::from_be_bytes([packet[2], packet[3]])), length);
        let port = |place: usize| u16::from_be_bytes([packet[place], packet[place + 1]]);
        let (source, destination) = (port(20), port(22));
        packets.push(Captured { source, destination, length: length - 28, kept: packet[28..].to_vec() });
        rest = &rest[16 + kept..];
    }
    Some(packets)
}

fn capture(payloads: bool) -> (Vec<Captured>, [Client; 2]) {
    let folder = Folder::new(if payloads { "payloads" } else { "headers" });
    let _worker = Worker::start(&folder.socket(), &[]);
    let mut controller = Controller::greeted(&folder.socket(), 1);
    let mut clients = call(&mut controller);
    let path = folder.0.join("call.pcap");
    let start = json!({"type": "start_capture", "room": "call", "path": path, "payloads": payloads, "seconds": 30});
    assert_eq!(controller.run("start", &start)["error"], Json::Null);
    for _ in 0..50 {
        clients[1].send(None);
        std::thread::sleep(Duration::from_millis(2));
    }
    until(&mut clients, |clients| clients[0].received >= 50);
    controller.run("stop", &json!({"type": "stop_capture", "room": "call"}));
    // The thread that writes has a moment more to do.
    let heard =
        |packets: &[Captured]| packets.iter().filter(|each| each.destination == clients[0].local.port()).count();
    let begin = Instant::now();
    let packets = loop {
        let packets = read_pcap(&std::fs::read(&path).unwrap()).filter(|packets| heard(packets) >= 50);
        if let Some(packets) = packets {
            break packets;
        }
        assert!(begin.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    (packets, clients)
}

#[test]
fn a_capture_has_the_headers_of_what_went_over_the_wire() {
    let (packets, [ann, ben]) = capture(false);
    let opus = |packet: &&Captured| packet.kept.len() >= 12 && packet.kept[1] & 0x7f == 111;
    let up: Vec<_> = packets.iter().filter(|packet| packet.source == ben.local.port()).filter(opus).collect();
    let down: Vec<_> = packets.iter().filter(|packet| packet.destination == ann.local.port()).filter(opus).collect();
    assert!(up.len() >= 50 && down.len() >= 50, "{} up, {} down", up.len(), down.len());
    let number = |packet: &Captured| u16::from_be_bytes([packet.kept[2], packet.kept[3]]);
    assert!(up.windows(2).all(|pair| number(pair[1]) == number(pair[0]) + 1), "as they were sent");
    for packet in &down {
        assert_eq!(packet.kept[0] & 0x0f, 1, "one CSRC");
        assert_eq!(packet.kept[12..16], [0, 0, 0, 77], "the publication's number");
    }
    for packet in &packets {
        assert!(packet.kept.len() <= packet.length);
        assert!(
            packet.length < PAYLOAD.len()
                || packet.kept.len() + PAYLOAD.len() <= packet.length
                || packet.kept.len() == 4
        );
    }
}

#[test]
fn a_capture_has_everything_when_that_is_asked_for() {
    let (packets, _) = capture(true);
    assert!(packets.iter().all(|packet| packet.kept.len() == packet.length));
    let encrypted = packets.iter().all(|packet| !packet.kept.windows(PAYLOAD.len()).any(|part| part == PAYLOAD));
    assert!(encrypted, "nobody's voice is in it");
}

fn resident_kib(worker: &Worker) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", worker.0.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// How much memory may grow for whatever one client does: an allocator's noise.
const NOISE_KIB: u64 = 4096;

#[test]
fn streams_and_publications_without_end_cost_no_memory_and_people_do() {
    let folder = Folder::new("memory");
    let worker = Worker::start(&folder.socket(), &[]);
    let mut controller = Controller::greeted(&folder.socket(), 1);
    let mut clients = call(&mut controller);
    let publications = |controller: &mut Controller, from: u32| {
        for number in from..from + 1000 {
            let publish = json!({"type": "publish", "room": "call", "participant": "ben", "number": number,
                                 "publication": format!("voice-{number}"), "source": "MICROPHONE"});
            controller.run(&format!("publish {number}"), &publish);
        }
    };
    let streams = |clients: &mut [Client; 2], from: u32| {
        for ssrc in from..from + 5000 {
            clients[1].send(Some(ssrc));
            if ssrc % 20 == 0 {
                clients[0].step();
                std::thread::sleep(Duration::from_millis(5)); // below what a participant may send
            }
        }
    };
    // Warm: the memory of answers already given is full, and so is everything that is kept on purpose.
    for round in 0..5 {
        publications(&mut controller, 1_000_000 + round * 1000);
    }
    streams(&mut clients, 1_000_000);
    let before = resident_kib(&worker);

    publications(&mut controller, 2_000_000);
    streams(&mut clients, 2_000_000);
    let snapshot = controller.run("look", &json!({"type": "take_snapshot"}))["result"].clone();
    let ben = snapshot["rooms"][0]["participants"].as_array().unwrap().iter().find(|each| each["participant"] == "ben");
    assert_eq!(ben.unwrap()["publications"].as_array().unwrap().len(), 1);
    assert!(ben.unwrap()["transport"]["packets_received"].as_u64().unwrap() > 9_000, "{ben:?}");
    let after = resident_kib(&worker);
    assert!(after < before + NOISE_KIB, "from {before} to {after} KiB");

    // What this would look like otherwise: a hundred people who come and stay.
    let _people: Vec<Client> =
        (0..100).map(|number| Client::joined(&mut controller, "call", &format!("guest {number}"))).collect();
    let crowded = resident_kib(&worker);
    assert!(crowded > after + NOISE_KIB, "from {after} to {crowded} KiB: the measure sees nothing");
}

#[test]
fn a_worker_that_is_late_refuses_and_takes_again() {
    let folder = Folder::new("overload");
    let worker = Worker::start(&folder.socket(), &[]);
    let mut controller = Controller::greeted(&folder.socket(), 1);
    let mut ids = 0..;
    let mut open = |controller: &mut Controller| {
        let id = ids.next().unwrap();
        let reply = controller.run(&format!("open {id}"), &json!({"type": "open_room", "room": format!("room {id}")}));
        reply["error"]["code"].as_str().map(str::to_owned)
    };
    assert_eq!(open(&mut controller), None);
    let _clients = call(&mut controller); // who is late is late for somebody

    // A machine that does not let it run is as much too much as work is, and no faster machine makes up for it.
    let begin = Instant::now();
    while open(&mut controller).is_none() {
        assert!(begin.elapsed() < PATIENCE, "it takes everybody, however late it is");
        worker.signal("-STOP");
        std::thread::sleep(HELD_UP);
        worker.signal("-CONT");
    }

    // Left alone, it says so, and takes again.
    let mut states = Vec::new();
    while states.last().is_none_or(|state| state != "NORMAL") {
        assert!(begin.elapsed() < 3 * PATIENCE, "{states:?}");
        let message = controller.read().unwrap();
        if message["type"] == "statistics" {
            states.push(message["worker"]["load"]["state"].as_str().unwrap().to_owned());
        }
    }
    assert!(states.contains(&"SHEDDING".to_owned()), "step by step: {states:?}");
    assert_eq!(open(&mut controller), None);
}

#[test]
fn the_log_at_its_most_talkative_tells_ids_and_nothing_personal() {
    let folder = Folder::new("log");
    let worker = Worker::start(&folder.socket(), &["--log", "trace"]);
    let mut controller = Controller::greeted(&folder.socket(), 1);
    let mut clients = call(&mut controller);
    for _ in 0..20 {
        clients[1].send(None);
    }
    until(&mut clients, |clients| clients[0].received >= 20);
    let [ann, mut ben] = clients;
    // Rubbish from a client's address, an offer that is none, and a client that says goodbye.
    for length in 0..100 {
        ben.socket.send_to(&vec![0x80; length], ben.worker.unwrap()).unwrap();
    }
    let wrong = json!({"type": "accept_offer", "room": "call", "participant": "cid", "transport": "t",
                       "sdp": "v=0 canary a=ice-pwd:canary 203.0.113.7"});
    assert_eq!(controller.run("wrong", &wrong)["error"]["code"], "OFFER_INVALID");
    ben.rtc.close().unwrap();
    ben.drain();
    let closed = |controller: &mut Controller| controller.read().unwrap()["fact"]["type"] == "transport_closed";
    while !closed(&mut controller) {}
    controller.run("end", &json!({"type": "shut_down"}));
    let (_, log) = worker.end();
    for line in [
        "offer room=call participant=ann transport=ann",
        "transport connected room=call participant=ben",
        "after_ms=",
        "map slot room=call",
        "transport closed room=call participant=ben transport=ben reason=PeerClosed",
    ] {
        assert!(log.contains(line), "{line} is not in\n{log}");
    }
    let ports = [&ann, &ben].map(|client| format!(":{}", client.local.port()));
    for secret in ["127.0.0.1", "203.0.113", "canary", "ice-", "sha-256", "candidate", &ports[0], &ports[1]] {
        assert!(!log.contains(secret), "{secret} is in\n{log}");
    }
}
