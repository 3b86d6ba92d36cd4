//! A worker, its clients, and the network between them, all in virtual time.
//!
//! Each client behaves like the SDK: it offers the layout of the protocol, sends a microphone and a camera once it is
//! connected, begins with a keyframe and gives another one when it is asked. Time jumps to whatever is due next.
#![allow(dead_code)] // Each test file uses another part.

pub mod client;
pub mod no_crypto;
pub mod oracle;
pub mod simulcast;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media_core::{
    Command, CommandError, Fact, FiveTuple, Kind, Protocol, ReplyResult, RoomId, RoomSnapshot, RoomVideo, Snapshot,
    Source, Worker, WorkerConfig,
};
use str0m_netem::{Bitrate, DataSize, Input, Netem, NetemConfig, Output, Probability, RandomLoss};

pub use client::{Client, Codecs};

/// The room that everything happens in, unless a test says otherwise.
pub const ROOM: &str = "room";

/// One way between a client and the worker.
#[derive(Debug, Clone, Copy)]
pub struct Path {
    pub loss: f32,
    pub delay: Duration,
    pub jitter: Duration,
    /// Every so many packets one overtakes the one before it.
    pub reorder: Option<u32>,
    /// In bits per second; what does not fit waits for up to [`QUEUE`], and is lost beyond.
    pub rate: Option<u64>,
}

/// How long a packet waits at most before a link that is too slow.
const QUEUE: Duration = Duration::from_millis(300);

impl Path {
    pub const PERFECT: Path =
        Path { loss: 0.0, delay: Duration::from_millis(5), jitter: Duration::ZERO, reorder: None, rate: None };

    fn config(self, seed: u64) -> NetemConfig {
        let mut config = NetemConfig::new()
            .latency(self.delay)
            .jitter(self.jitter)
            .loss(RandomLoss::new(Probability::new(self.loss)))
            .seed(seed);
        if let Some(gap) = self.reorder {
            config = config.reorder_gap(gap);
        }
        if let Some(rate) = self.rate {
            let queue = (rate as f64 / 8.0 * QUEUE.as_secs_f64()) as u64;
            config = config.link(Bitrate::bps(rate), DataSize::bytes(queue.cast_signed()));
        }
        config
    }

    fn netem(self, seed: u64) -> Netem<Vec<u8>> {
        Netem::new(self.config(seed))
    }
}

struct Link {
    client: Client,
    /// Where the worker sees the client: its own address, unless a NAT is in between.
    seen: FiveTuple,
    up: Netem<Vec<u8>>,
    down: Netem<Vec<u8>>,
}

pub struct Harness {
    pub worker: Worker,
    pub now: Instant,
    pub address: SocketAddr,
    /// The room that commands are about from now on.
    pub room: RoomId,
    /// Datagrams that the worker sent to nobody's address.
    pub strays: Vec<(SocketAddr, Vec<u8>)>,
    /// The last datagrams of each client, for tests that repeat or change them.
    pub heard: Vec<(SocketAddr, Vec<u8>)>,
    /// When a connectivity check arrived at the worker, and from where.
    pub checks: Vec<(Instant, SocketAddr)>,
    /// When the worker sent something that is no STUN, and to where.
    pub sent: Vec<(Instant, SocketAddr)>,
    seed: u64,
    links: Vec<Link>,
    commands: u64,
}

impl Harness {
    pub fn new(seed: u64) -> Self {
        Self::with_config(seed, |_| {})
    }

    pub fn with_config(seed: u64, change: impl FnOnce(&mut WorkerConfig)) -> Self {
        // What str0m draws by itself (user names, SSRCs of clients) comes from here too.
        fastrand::seed(seed);
        let address: SocketAddr = ([192, 0, 2, 1], 40_000).into();
        let mut config = WorkerConfig::new("boot", vec![address], seed);
        change(&mut config);
        #[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
        let now = Instant::now();
        let mut harness = Self {
            worker: Worker::new(config),
            now,
            address,
            room: room(),
            strays: Vec::new(),
            heard: Vec::new(),
            checks: Vec::new(),
            sent: Vec::new(),
            seed,
            links: Vec::new(),
            commands: 0,
        };
        harness.run(Command::OpenRoom { room: room() }).unwrap();
        harness
    }

    /// Opens another room; commands are about that one from now on.
    pub fn enter(&mut self, room: &str) {
        self.room = room.try_into().unwrap();
        self.run(Command::OpenRoom { room: self.room.clone() }).unwrap();
    }

    /// Runs a command under a new id.
    pub fn run(&mut self, command: Command) -> Result<ReplyResult, CommandError> {
        self.commands += 1;
        let id = format!("command-{}", self.commands).as_str().try_into().unwrap();
        let reply = self.worker.run(id, command, self.now);
        self.collect();
        match (reply.result, reply.error) {
            (Some(result), None) => Ok(result),
            (None, Some(error)) => Err(error),
            both => panic!("a reply is a result or an error, not {both:?}"),
        }
    }

    /// Offers and takes the answer.
    pub fn offer(&mut self, participant: &str, transport: &str, sdp: &str) -> Result<String, CommandError> {
        let result = self.run(Command::AcceptOffer {
            room: self.room.clone(),
            participant: participant.try_into().unwrap(),
            transport: transport.try_into().unwrap(),
            sdp: sdp.to_owned(),
        })?;
        match result {
            ReplyResult::Answer { sdp } => Ok(sdp),
            other => panic!("an offer is answered, not {other:?}"),
        }
    }

    /// A client joins: it offers, and takes the answer.
    pub fn join(&mut self, name: &'static str, up: Path, down: Path) -> usize {
        self.join_with(name, Codecs::ALL, up, down)
    }

    /// A client joins that sends its camera in three layers.
    pub fn join_in_layers(&mut self, name: &'static str, up: Path, down: Path) -> usize {
        self.join_as(name, Codecs::ALL, true, up, down)
    }

    /// A client with these codecs joins.
    pub fn join_with(&mut self, name: &'static str, codecs: Codecs, up: Path, down: Path) -> usize {
        self.join_as(name, codecs, false, up, down)
    }

    fn join_as(&mut self, name: &'static str, codecs: Codecs, in_layers: bool, up: Path, down: Path) -> usize {
        let number = self.links.len();
        let address = ([198, 51, 100, number as u8 + 1], 5000).into();
        let mut client = Client::new(name, number as u8, codecs, address, self.now);
        client.layers = if in_layers { simulcast::three_layers() } else { Vec::new() };
        let offer = client.offer(self.now);
        let transport = format!("{name}-{number}");
        let answer = self.offer(name, &transport, &offer).unwrap();
        client.transport = transport;
        client.answer(&answer, self.now);
        let seed = self.seed * 1000 + number as u64 * 2;
        let seen = self.tuple(address);
        self.links.push(Link { client, seen, up: up.netem(seed), down: down.netem(seed + 1) });
        self.collect();
        number
    }

    /// The same connection is negotiated again.
    pub fn offer_again(&mut self, client: usize, change: impl FnOnce(&mut Client)) {
        let now = self.now;
        change(self.client(client));
        let offer = self.client(client).offer(now);
        let (name, transport) = (self.client(client).name, self.client(client).transport.clone());
        let answer = self.offer(name, &transport, &offer).unwrap();
        self.client(client).answer(&answer, now);
        self.collect();
    }

    pub fn client(&mut self, number: usize) -> &mut Client {
        &mut self.links[number].client
    }

    pub fn clients(&self) -> impl Iterator<Item = &Client> {
        self.links.iter().map(|link| &link.client)
    }

    /// Another network for a client, from now on.
    pub fn set_path(&mut self, client: usize, up: Path, down: Path) {
        let seed = self.seed * 1000 + 500 + client as u64 * 2;
        self.links[client].up = up.netem(seed);
        self.links[client].down = down.netem(seed + 1);
    }

    /// Another network towards a client, from now on; what is on its way stays there.
    pub fn change_down(&mut self, client: usize, down: Path) {
        let seed = self.seed * 1000 + 700 + client as u64;
        self.links[client].down.set_config(down.config(seed));
    }

    /// What the control plane hears of video now; the publishers are told which layers to send.
    pub fn tell_publishers(&mut self) -> Vec<RoomVideo> {
        let said = self.worker.take_changed_video(self.now);
        for wanted in said.iter().flat_map(|room| &room.wanted).filter(|wanted| wanted.source == Source::Camera) {
            let client =
                self.links.iter_mut().map(|link| &mut link.client).rfind(|c| c.name == wanted.participant.as_str());
            for (place, layer) in client.into_iter().flat_map(|client| client.layers.iter_mut().enumerate()) {
                layer.set_enabled(place < usize::from(wanted.layers));
            }
        }
        said
    }

    pub fn prefer(&mut self, participant: &str, index: u16, size: (u16, u16), pinned: bool) {
        let participant = participant.try_into().unwrap();
        let (width, height) = size;
        self.run(Command::PreferSlot { room: room(), participant, index, width, height, pinned }).unwrap();
    }

    pub fn publish(&mut self, participant: &str, publication: &str, number: u32, source: Source) {
        self.run(Command::Publish {
            room: self.room.clone(),
            participant: participant.try_into().unwrap(),
            publication: publication.try_into().unwrap(),
            number,
            source,
        })
        .unwrap();
    }

    pub fn map(&mut self, participant: &str, kind: Kind, index: u16, publication: Option<&str>) {
        self.run(Command::MapSlot {
            room: self.room.clone(),
            participant: participant.try_into().unwrap(),
            kind,
            index,
            publication: publication.map(|id| id.try_into().unwrap()),
            loudest: false,
        })
        .unwrap();
    }

    /// Lets audio slots carry the loudest.
    pub fn map_loudest(&mut self, participant: &str, slots: std::ops::Range<u16>) {
        for index in slots {
            let (room, participant) = (room(), participant.try_into().unwrap());
            self.run(Command::MapSlot {
                room,
                participant,
                kind: Kind::Audio,
                index,
                publication: None,
                loudest: true,
            })
            .unwrap();
        }
    }

    pub fn facts(&self) -> Vec<Fact> {
        self.worker.facts().after(0).map(|fact| fact.fact.clone()).collect()
    }

    pub fn snapshot(&mut self) -> Snapshot {
        match self.run(Command::TakeSnapshot { room: None, after: None }) {
            Ok(ReplyResult::Snapshot(snapshot)) => *snapshot,
            other => panic!("a snapshot, not {other:?}"),
        }
    }

    pub fn room_snapshot(&mut self) -> RoomSnapshot {
        self.snapshot().rooms.remove(0)
    }

    /// Lets time go by.
    pub fn advance(&mut self, time: Duration) {
        let until = self.now + time;
        let mut steps_in_place = 0;
        while self.next() <= until {
            steps_in_place = if self.next() > self.now { 0 } else { steps_in_place + 1 };
            assert!(steps_in_place < 10_000, "time stands still: {}", self.who_is_due());
            self.now = self.now.max(self.next());
            self.step();
        }
        self.now = until;
    }

    /// Lets time go by until something is true; false if it is not true in time.
    pub fn advance_until(&mut self, limit: Duration, mut done: impl FnMut(&mut Self) -> bool) -> bool {
        let until = self.now + limit;
        while !done(self) {
            if self.now >= until {
                return false;
            }
            self.advance(Duration::from_millis(10));
        }
        true
    }

    /// Lets time go by until every client is connected.
    pub fn connect(&mut self) {
        let limit = Duration::from_secs(25);
        assert!(
            self.advance_until(limit, |harness| harness.clients().all(|client| client.connected)),
            "not everybody is connected after {limit:?}"
        );
    }

    /// From now on the worker sees the client elsewhere; the client does not notice.
    pub fn rebind(&mut self, client: usize, seen: FiveTuple) {
        self.links[client].seen = seen;
    }

    /// A client restarts ICE.
    pub fn restart_ice(&mut self, client: usize) {
        let now = self.now;
        let offer = self.client(client).offer_ice_restart(now);
        let (name, transport) = (self.client(client).name, self.client(client).transport.clone());
        let answer = self.offer(name, &transport, &offer).unwrap();
        self.client(client).answer(&answer, now);
        self.collect();
    }

    /// Lets time go by for the worker alone.
    pub fn advance_worker(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(next) = self.worker.next_deadline(self.now).filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.worker.tick(self.now);
            self.collect();
        }
        self.now = until;
    }

    /// Between the worker and an address, by UDP.
    pub fn tuple(&self, client: SocketAddr) -> FiveTuple {
        FiveTuple { protocol: Protocol::Udp, worker: self.address, client }
    }

    /// A datagram arrives at the worker from wherever. Returns whether it belonged to a transport.
    pub fn inject(&mut self, source: SocketAddr, contents: &[u8]) -> bool {
        let taken = self.worker.receive(self.tuple(source), contents, self.now);
        self.collect();
        taken
    }

    fn next(&self) -> Instant {
        let clients = self
            .links
            .iter()
            .flat_map(|link| [link.client.deadline(), link.up.poll_timeout(), link.down.poll_timeout()].into_iter());
        clients.chain(self.worker.next_deadline(self.now)).min().expect("something is always due")
    }

    fn who_is_due(&self) -> String {
        let due = |at: Instant| at <= self.now;
        let clients: Vec<_> =
            self.links.iter().filter(|link| due(link.client.deadline())).map(|l| l.client.name).collect();
        let worker = self.worker.next_deadline(self.now).is_some_and(due);
        format!("clients {clients:?}, worker {worker}")
    }

    fn step(&mut self) {
        let now = self.now;
        for number in 0..self.links.len() {
            let link = &mut self.links[number];
            link.up.handle_input(Input::Timeout(now));
            while let Some(output) = self.links[number].up.poll_output() {
                if let Output::Packet(contents) = output {
                    let tuple = self.links[number].seen;
                    self.worker.receive(tuple, &contents, now);
                    if is_stun(&contents) {
                        self.checks.push((now, tuple.client));
                    }
                    if self.heard.len() < 2000 {
                        self.heard.push((tuple.client, contents));
                    }
                }
            }
            let link = &mut self.links[number];
            link.down.handle_input(Input::Timeout(now));
            while let Some(output) = link.down.poll_output() {
                if let Output::Packet(contents) = output {
                    link.client.receive(self.address, &contents, now);
                }
            }
            if link.client.deadline() <= now {
                link.client.tick(now);
            }
        }
        self.worker.tick(now);
        self.collect();
    }

    /// Puts what anybody wants sent onto its way.
    fn collect(&mut self) {
        while let Some(datagram) = self.worker.poll_datagram(self.now) {
            if !is_stun(&datagram.contents) {
                self.sent.push((self.now, datagram.tuple.client));
            }
            match self.links.iter_mut().find(|link| link.seen == datagram.tuple) {
                Some(link) => link.down.handle_input(Input::Packet(self.now, datagram.contents)),
                None => self.strays.push((datagram.tuple.client, datagram.contents)),
            }
        }
        for link in &mut self.links {
            for contents in link.client.outgoing.drain(..) {
                link.up.handle_input(Input::Packet(self.now, contents));
            }
        }
    }
}

fn is_stun(contents: &[u8]) -> bool {
    contents.first().is_some_and(|first| *first < 4)
}

pub fn room() -> media_core::RoomId {
    ROOM.try_into().unwrap()
}

/// Everybody publishes a microphone (number 10 × client + 1) and a camera (+ 2), and shows everybody else in slots.
pub fn everyone_sees_everyone(harness: &mut Harness, names: &[&str]) {
    for (number, name) in names.iter().enumerate() {
        let number = number as u32 * 10;
        harness.publish(name, &format!("{name}-microphone"), number + 1, Source::Microphone);
        harness.publish(name, &format!("{name}-camera"), number + 2, Source::Camera);
    }
    for name in names {
        for (index, other) in names.iter().filter(|other| *other != name).enumerate() {
            harness.map(name, Kind::Audio, index as u16, Some(&format!("{other}-microphone")));
            harness.map(name, Kind::Video, index as u16, Some(&format!("{other}-camera")));
        }
    }
}
