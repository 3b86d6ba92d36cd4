//! Clients reach the program over real sockets: by UDP and TCP, IPv4 and IPv6, and through a NAT.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod program;

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use program::{Controller, Folder, PATIENCE, Worker};
use serde_json::json;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

/// How the worker is reached.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// By UDP from this address.
    Udp(&'static str),
    /// By TCP to this address.
    Tcp(&'static str),
}

enum Socket {
    Udp(UdpSocket),
    Tcp(TcpStream, Vec<u8>),
}

struct Client {
    name: &'static str,
    rtc: Rtc,
    socket: Socket,
    local: SocketAddr,
    microphone: Mid,
    pending: Option<SdpPendingOffer>,
    /// Announced addresses, and what the NAT makes of them.
    nat: HashMap<IpAddr, IpAddr>,
    next_packet: Option<Instant>,
    sent: u64,
    received: Vec<Vec<u8>>,
}

impl Client {
    fn new(name: &'static str, way: Way, port: u16) -> Self {
        let mut rtc = RtcConfig::new().set_rtp_mode(true).build(Instant::now());
        let (socket, local) = match way {
            Way::Udp(address) => {
                let socket = UdpSocket::bind((address, 0)).unwrap();
                socket.set_nonblocking(true).unwrap();
                let local = socket.local_addr().unwrap();
                rtc.add_local_candidate(Candidate::host(local, Protocol::Udp).unwrap());
                (Socket::Udp(socket), local)
            }
            Way::Tcp(address) => {
                let stream = TcpStream::connect((address, port)).unwrap();
                stream.set_nonblocking(true).unwrap();
                stream.set_nodelay(true).unwrap();
                let local = stream.local_addr().unwrap();
                let candidate = Candidate::builder().tcp().host(local).tcptype(TcpType::Active).build();
                rtc.add_local_candidate(candidate.unwrap());
                (Socket::Tcp(stream, Vec::new()), local)
            }
        };
        Self {
            name,
            rtc,
            socket,
            local,
            microphone: Mid::from("-"),
            pending: None,
            nat: HashMap::new(),
            next_packet: None,
            sent: 0,
            received: Vec::new(),
        }
    }

    fn offer(&mut self) -> String {
        let mut api = self.rtc.sdp_api();
        self.microphone = api.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        api.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    fn answer(&mut self, sdp: &str) {
        let answer = SdpAnswer::from_sdp_string(sdp).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
    }

    /// Does what can be done now.
    fn step(&mut self) {
        let now = Instant::now();
        for contents in self.arrived() {
            let protocol = match self.socket {
                Socket::Udp(_) => Protocol::Udp,
                Socket::Tcp(..) => Protocol::Tcp,
            };
            let (source, bytes) = contents;
            let announced = self.nat.iter().find(|(_, real)| **real == source.ip()).map(|(announced, _)| *announced);
            let source = SocketAddr::new(announced.unwrap_or(source.ip()), source.port());
            let receive = Receive::new(protocol, source, self.local, &bytes).unwrap();
            self.rtc.handle_input(Input::Receive(now, receive)).unwrap();
            self.drain();
        }
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.drain();
        if self.next_packet.is_some_and(|next| next <= now) {
            self.next_packet = Some(now + Duration::from_millis(20));
            self.send_packet(now);
        }
    }

    fn send_packet(&mut self, now: Instant) {
        let payload = [self.name.as_bytes(), &self.sent.to_be_bytes()].concat();
        let payload_type = self.rtc.codec_config().params()[0].pt();
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.microphone, None).unwrap();
        let time = (self.sent as u32).wrapping_mul(960);
        let packet = RtpWrite::new(payload_type, (1000 + self.sent).into(), time, now, payload);
        stream.write_rtp(packet);
        self.sent += 1;
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(_) => return,
                Output::Transmit(transmit) => {
                    let to = transmit.destination;
                    let to = SocketAddr::new(self.nat.get(&to.ip()).copied().unwrap_or(to.ip()), to.port());
                    match &mut self.socket {
                        Socket::Udp(socket) => drop(socket.send_to(&transmit.contents, to)),
                        Socket::Tcp(stream, _) => {
                            let length = u16::try_from(transmit.contents.len()).unwrap();
                            let frame = [&length.to_be_bytes(), &transmit.contents[..]].concat();
                            stream.write_all(&frame).unwrap();
                        }
                    }
                }
                Output::Event(Event::Connected) => self.next_packet = Some(Instant::now()),
                Output::Event(Event::RtpPacket(packet)) => self.received.push(packet.payload.to_vec()),
                Output::Event(_) => {}
            }
        }
    }

    fn arrived(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut buffer = [0; 4000];
        let mut arrived = Vec::new();
        match &mut self.socket {
            Socket::Udp(socket) => {
                while let Ok((length, source)) = socket.recv_from(&mut buffer) {
                    arrived.push((source, buffer[..length].to_vec()));
                }
            }
            Socket::Tcp(stream, bytes) => {
                let source = stream.peer_addr().unwrap();
                loop {
                    match stream.read(&mut buffer) {
                        Ok(0) => panic!("{}: the worker closed the connection", self.name),
                        Ok(length) => bytes.extend_from_slice(&buffer[..length]),
                        Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                        Err(error) => panic!("{}: {error}", self.name),
                    }
                }
                while bytes.len() >= 2 && bytes.len() >= 2 + usize::from(u16::from_be_bytes([bytes[0], bytes[1]])) {
                    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
                    let rest = bytes.split_off(2 + length);
                    arrived.push((source, bytes.split_off(2)));
                    *bytes = rest;
                }
            }
        }
        arrived
    }
}

/// Two clients in a room hear each other, each by its own way.
fn hear_each_other(name: &str, options: &[&str], nat: &[(&str, &str)], ways: [Way; 2]) {
    let folder = Folder::new(name);
    let _worker = Worker::start(&folder.socket(), options);
    let mut controller = Controller::connect(&folder.socket());
    let welcome = controller.hello(1);
    let first: SocketAddr = welcome["addresses"][0].as_str().unwrap().strip_suffix("/udp").unwrap().parse().unwrap();
    controller.run("open", &json!({"type": "open_room", "room": "r"}));

    let names = ["ann", "ben"];
    let mut clients: Vec<Client> =
        names.iter().zip(ways).map(|(name, way)| Client::new(name, way, first.port())).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.nat = nat.iter().map(|(announced, real)| (announced.parse().unwrap(), real.parse().unwrap())).collect();
        let name = client.name;
        let publish = json!({"type": "publish", "room": "r", "participant": name, "publication": name,
                             "number": number + 1, "source": "MICROPHONE"});
        controller.run(&format!("publish {name}"), &publish);
        let offer = json!({"type": "accept_offer", "room": "r", "participant": name, "transport": name,
                           "sdp": client.offer()});
        let reply = controller.run(&format!("offer {name}"), &offer);
        client.answer(reply["result"]["sdp"].as_str().unwrap());
    }
    for (name, other) in [("ann", "ben"), ("ben", "ann")] {
        let map = json!({"type": "map_slot", "room": "r", "participant": name, "kind": "AUDIO", "index": 0,
                         "publication": other});
        controller.run(&format!("map {name}"), &map);
    }

    let begin = Instant::now();
    while clients.iter().any(|client| client.received.len() < 20) {
        assert!(
            begin.elapsed() < PATIENCE,
            "{ways:?}: {:?}",
            clients.iter().map(|c| c.received.len()).collect::<Vec<_>>()
        );
        clients.iter_mut().for_each(Client::step);
        std::thread::sleep(Duration::from_millis(1));
    }
    for (client, other) in clients.iter().zip(["ben", "ann"]) {
        assert!(client.received.iter().all(|payload| payload.starts_with(other.as_bytes())));
    }
}

#[test]
fn by_tcp_and_by_udp() {
    hear_each_other("tcp", &[], &[], [Way::Tcp("127.0.0.1"), Way::Udp("127.0.0.1")]);
}

#[test]
fn by_ipv6() {
    let both = ["--address", "127.0.0.1", "--address", "::1"];
    hear_each_other("v6", &both, &[], [Way::Udp("::1"), Way::Tcp("::1")]);
    hear_each_other("v4-v6", &both, &[], [Way::Udp("::1"), Way::Udp("127.0.0.1")]);
}

/// The worker announces what only the NAT knows, and one address more, which leads nowhere.
#[test]
fn through_a_nat() {
    let options = ["--announce", "203.0.113.7=127.0.0.1", "--announce", "203.0.113.8=127.0.0.1"];
    let nat = [("203.0.113.7", "127.0.0.1")];
    hear_each_other("nat", &options, &nat, [Way::Udp("127.0.0.1"), Way::Tcp("127.0.0.1")]);
}

#[test]
fn a_stranger_by_tcp_gets_nothing() {
    let folder = Folder::new("stranger");
    let _worker = Worker::start(&folder.socket(), &[]);
    let mut controller = Controller::connect(&folder.socket());
    let welcome = controller.hello(1);
    let address: SocketAddr = welcome["addresses"][1].as_str().unwrap().strip_suffix("/tcp").unwrap().parse().unwrap();
    for words in ["GET / HTTP/1.1\r\n\r\n", "\0\u{14}", "\0\u{4}rtp!"] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(words.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // Closed with bytes unread is a reset.
        let end = stream.read_to_end(&mut answer).map_err(|error| error.kind());
        assert!(matches!(end, Ok(0) | Err(ErrorKind::ConnectionReset)), "{words:?}: {end:?} {answer:?}");
    }
    assert_eq!(controller.run("1", &json!({"type": "open_room", "room": "r"}))["error"], serde_json::Value::Null);
}
