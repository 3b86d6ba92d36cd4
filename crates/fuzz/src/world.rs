//! A worker with a room, the same for every input.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media_core::{
    Command, Datagram, FiveTuple, Kind, ParticipantId, Protocol, Reply, ReplyResult, RoomId, Source, Worker,
    WorkerConfig,
};
use str0m::ice::{StunMessage, TransId};

use crate::no_crypto;

/// The header of an offer's m-lines, what they all repeat, and what is said once for all of them.
const AUDIO: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n";
const VIDEO: &str = "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n\
    a=rtcp-fb:96 transport-cc\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 VP9/90000\r\n";
const VIDEO_SLOT: &str =
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n";
const DATA: &str = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=sctp-port:5000\r\n";
const REPEATED: &str = "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
    a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=rtcp-mux\r\n";
const ONCE: &str = "a=ice-ufrag:clnt\r\na=ice-pwd:passwordpasswordpassword\r\na=setup:actpass\r\n\
    a=fingerprint:sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\n";

/// The SSRCs of the sources in [`offer`].
pub const MICROPHONE: u32 = 1000;
pub const CAMERA: u32 = 1001;

/// What the layers of a camera are called, from the lowest up, and the header extension that says so.
pub const RIDS: [u8; 3] = *b"lmh";
pub const RID_EXTENSION: u8 = 5;
pub const MID_EXTENSION: u8 = 4;
pub const CAMERA_MID: u8 = b'1';

/// How a camera is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Camera {
    Plain,
    Layers,
}

/// What a client offers: a microphone, a camera, a screen, so many slots of each kind, and data channels. It says what is
/// needed and no more, and what it can once: parsing offers is the slowest thing that an input does.
#[must_use]
pub fn offer(camera: Camera, slots: usize) -> String {
    let level = "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=ssrc:1000 cname:c\r\n";
    let camera = match camera {
        Camera::Plain => "a=ssrc:1001 cname:c\r\na=ssrc:1002 cname:c\r\na=ssrc-group:FID 1001 1002\r\n",
        Camera::Layers => {
            "a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\na=rid:l send\r\na=rid:m send\r\na=rid:h send\r\n\
             a=simulcast:send l;m;h\r\n"
        }
    };
    let mut lines = vec![
        format!("{AUDIO}{level}a=sendonly"),
        format!("{VIDEO}{camera}a=sendonly"),
        format!("{VIDEO_SLOT}a=inactive"),
    ];
    for _ in 0..slots {
        lines.extend([AUDIO, VIDEO_SLOT].map(|kind| format!("{kind}a=recvonly")));
    }
    lines.push(DATA.trim_end().to_owned());
    let mids: Vec<String> = (0..lines.len()).map(|mid| mid.to_string()).collect();
    let bundle = mids.join(" ");
    let mut sdp = format!("v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {bundle}\r\n{ONCE}");
    for (mid, line) in mids.iter().zip(lines) {
        sdp += &format!("{line}\r\n{REPEATED}a=mid:{mid}\r\n");
    }
    sdp
}

/// How many times a worker may want the time before a second is over. One with three transports wants it some hundred
/// times.
const MAX_STEPS: u32 = 10_000;

/// A worker, and the time.
pub struct World {
    pub worker: Worker,
    pub now: Instant,
    commands: u32,
}

impl World {
    /// A worker with an empty room.
    #[must_use]
    pub fn new() -> Self {
        no_crypto::install();
        // What str0m draws by itself; an input must do the same every time.
        fastrand::seed(1);
        let worker = Worker::new(WorkerConfig::new("boot", vec![worker_address()], 1));
        let mut world = Self { worker, now: Instant::now(), commands: 0 };
        world.run(Command::OpenRoom { room: room() });
        world
    }

    /// Runs a command. What it answers is its own business. (A fault ends the fuzzer with its panic, fenced or not.)
    pub fn run(&mut self, command: Command) -> Reply {
        self.commands += 1;
        let id = format!("command-{}", self.commands).as_str().try_into().expect("a proper id");
        self.worker.run(id, command, self.now)
    }

    /// A participant joins with so many slots of each kind, publishes its microphone and its camera, and is connected if
    /// wanted.
    pub fn join(&mut self, number: u8, camera: Camera, slots: usize, connected: bool) {
        let (room, participant, transport) = (room(), participant(number), name(number).as_str().try_into());
        let transport = transport.expect("a proper id");
        let sdp = offer(camera, slots);
        let answer = self.run(Command::AcceptOffer { room, participant, transport, sdp });
        let Some(ReplyResult::Answer { sdp }) = answer.result else {
            panic!("{answer:?}");
        };
        for source in [Source::Microphone, Source::Camera] {
            self.publish(number, source);
        }
        if connected {
            let ufrag = sdp.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).expect("a user name");
            let username = format!("{}:clnt", ufrag.trim());
            let check = StunMessage::binding_request(&username, TransId::new(), true, 1, 100, true);
            let mut bytes = vec![0; 400];
            let length = check.to_bytes(Some(b""), &mut bytes, |_, _| [0; 20]).expect("a check");
            let tuple = tuple(Protocol::Udp, client_address(number));
            assert!(self.worker.receive(tuple, &bytes[..length], self.now));
            assert!(self.worker.receive(tuple, &no_crypto::handshake(), self.now));
            let _ = self.advance(Duration::from_millis(20));
        }
    }

    pub fn publish(&mut self, number: u8, source: Source) {
        let (room, participant) = (room(), participant(number));
        let publication = publication(number, source).as_str().try_into().expect("a proper id");
        let csrc = u32::from(number) * 10 + source as u32;
        self.run(Command::Publish { room, participant, publication, number: csrc, source });
    }

    pub fn map(&mut self, number: u8, kind: Kind, index: u16, publication: Option<String>, loudest: bool) {
        let publication = publication.map(|id| id.as_str().try_into().expect("a proper id"));
        let (room, participant) = (room(), participant(number));
        self.run(Command::MapSlot { room, participant, kind, index, publication, loudest });
    }

    /// Lets time go by, and takes what is sent meanwhile.
    #[must_use]
    pub fn advance(&mut self, time: Duration) -> Vec<Datagram> {
        let until = self.now + time;
        let mut sent = self.sent();
        let mut steps = 0;
        while let Some(next) = self.worker.next_deadline(self.now).filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.worker.tick(self.now);
            sent.extend(self.sent());
            steps += 1;
            assert!(steps < MAX_STEPS * (1 + time.as_secs() as u32), "time stands still");
        }
        self.now = until;
        sent
    }

    /// What is sent by now.
    #[must_use]
    pub fn sent(&mut self) -> Vec<Datagram> {
        std::iter::from_fn(|| self.worker.poll_datagram(self.now)).collect()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

#[must_use]
pub fn room() -> RoomId {
    "room".try_into().expect("a proper id")
}

#[must_use]
pub fn participant(number: u8) -> ParticipantId {
    name(number).as_str().try_into().expect("a proper id")
}

#[must_use]
pub fn publication(number: u8, source: Source) -> String {
    format!("{}-{source:?}", name(number))
}

fn name(number: u8) -> String {
    format!("participant-{number}")
}

fn worker_address() -> SocketAddr {
    ([192, 0, 2, 1], 40_000).into()
}

#[must_use]
pub fn client_address(number: u8) -> SocketAddr {
    ([198, 51, 100, number], 5000).into()
}

#[must_use]
pub fn tuple(protocol: Protocol, client: SocketAddr) -> FiveTuple {
    FiveTuple { protocol, worker: worker_address(), client }
}
