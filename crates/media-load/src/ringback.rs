//! Ringback as an application sees it: tokens over REST, calls over signaling (`protocol/signaling/README.md`).

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::{HeaderValue, Uri};
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Message, WebSocket};

use crate::crowd::{Entry, Guest, Platform};
use crate::dtls::Identity;
use crate::incoming::Kind;
use crate::network::{Media, PeerId, wall};
use crate::peer::{Checks, Part, Peer};
use crate::sdp;

const SUB_PROTOCOL: &str = "ringback.rtc.v1";

/// How long the platform may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a session listens before it looks whether it shall end or must ping.
const LISTEN_TURN: Duration = Duration::from_millis(500);

/// How many events wait at most for the ping that confirms them; the platform gives a session up at 1,000.
const UNCONFIRMED: u64 = 200;

/// What the server says when it has too much to do; the same is asked again after a while, and for so long.
const LATER: &str = "SERVICE_UNAVAILABLE";
const LATER_PAUSE: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(60);

/// What the server says of an offer for a connection that is lost; `media.lost` tells it, too.
const LOST: &str = "INVALID_STATE";

/// A node, and the account that is used.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    authority: String,
    address: SocketAddr,
    api_key: String,
}

/// What a slot shows, as `slots` in events say it.
#[derive(Debug, Clone, Deserialize)]
struct Slot {
    index: usize,
    microphone: Option<u32>,
    camera: Option<u32>,
    screen: Option<u32>,
}

/// What of an event matters here.
#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    id: Option<u64>,
    result: Option<Value>,
    code: Option<String>,
    message: Option<String>,
    sequence: Option<u64>,
    slots: Option<Vec<Slot>>,
    #[serde(rename = "videoSlots")]
    video_slots: Option<usize>,
    reason: Option<Value>,
}

/// What events have brought.
#[derive(Debug, Default)]
struct News {
    /// The newest mapping.
    slots: Option<Vec<Slot>>,
    /// How many video slots are to be offered.
    video_slots: Option<usize>,
    /// Whether the connection is gone.
    lost: bool,
}

impl News {
    fn is_empty(&self) -> bool {
        self.slots.is_none() && self.video_slots.is_none() && !self.lost
    }
}

impl Node {
    /// The node at `http://host:port`.
    pub(crate) fn new(url: &str, api_key: &str) -> Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("{url} is no URL"))?;
        ensure!(uri.scheme_str() == Some("http"), "{url}: only http:// is spoken; run beside the node, behind its TLS");
        let authority = uri.authority().with_context(|| format!("{url} names no host"))?;
        let port = authority.port_u16().unwrap_or(80);
        let address = (authority.host(), port).to_socket_addrs().with_context(|| format!("{url} is not found"))?.next();
        let address = address.with_context(|| format!("{url} has no address"))?;
        Ok(Self { authority: authority.to_string(), address, api_key: api_key.to_owned() })
    }

    /// A token for an identity.
    fn token(&self, identity: &str) -> Result<String> {
        let body = json!({ "identity": identity }).to_string();
        let mut stream = self.connect()?;
        write!(
            stream,
            "POST /webrtc/1/token HTTP/1.1\r\nHost: {}\r\nAuthorization: App {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.authority,
            self.api_key,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).context("no token came")?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the answer is not HTTP")?;
        let status = head.lines().next().unwrap_or_default();
        ensure!(status.contains(" 200 "), "no token was given: {status} {body}");
        let token = serde_json::from_str::<Value>(body)?.get("token").and_then(Value::as_str).map(str::to_owned);
        token.context("the answer has no token")
    }

    /// Opens a session.
    fn session(&self, token: &str) -> Result<Session> {
        let began = Instant::now();
        loop {
            let mut request = format!("ws://{}/rtc/v1", self.authority).into_client_request()?;
            request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUB_PROTOCOL));
            let (socket, _) = tungstenite::client(request, self.connect()?)
                .map_err(|error| anyhow::anyhow!("signaling cannot be opened: {error}"))?;
            let mut session = Session {
                socket,
                next_id: 1,
                received: 0,
                confirmed: 0,
                news: News::default(),
                keep_alive: ANSWER_TIMEOUT,
                pinged: Instant::now(),
            };
            let client = json!({ "name": "media-load", "version": env!("CARGO_PKG_VERSION") });
            match session.ask(json!({ "type": "hello", "token": token, "client": client }))? {
                Ok(opened) => {
                    let seconds = opened.get("keepAliveSeconds").and_then(Value::as_u64);
                    session.keep_alive = Duration::from_secs(seconds.context("hello has no keepAliveSeconds")?);
                    return Ok(session);
                }
                Err(refused) if refused.is_for_later(began) => std::thread::sleep(LATER_PAUSE),
                Err(refused) => bail!("hello was refused: {refused}"),
            }
        }
    }

    fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(self.address).with_context(|| format!("nobody listens on {}", self.address))?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Which of the addresses that the server announces to use: the one that signaling goes to, or its first.
    fn choose(&self, candidates: &[SocketAddr]) -> Result<SocketAddr> {
        let same = candidates.iter().find(|candidate| candidate.ip() == self.address.ip());
        same.or(candidates.first()).copied().context("the server announces no address")
    }
}

impl Platform for Node {
    fn join(&self, entry: Entry<'_>) -> Result<Box<dyn Guest>> {
        let Entry { invitation, media, heard, .. } = &entry;
        let mut session = self.session(&self.token(&invitation.name)?)?;
        let call =
            session.join(&invitation.room, invitation.part.microphone.is_some(), !invitation.part.camera.is_empty())?;
        let mut peer = entry.peer();
        let connection = 1;
        let answer = session.offer(&call, connection, &peer.offer())?.context("the room's worker was lost")?;
        let answer = sdp::parse(&answer)?;
        let server = self.choose(&answer.candidates)?;
        peer.accept(&answer, server, wall())?;
        let id = media.add(peer, server, heard.clone());
        Ok(Box::new(Caller {
            node: self.clone(),
            identity: entry.identity.clone(),
            checks: entry.checks,
            part: invitation.part.clone(),
            session,
            call,
            connection,
            id,
            mapping: Vec::new(),
        }))
    }

    fn connections(&self, _: &Part) -> usize {
        1
    }

    fn is_numbered(&self) -> bool {
        true
    }
}

/// A participant that came in by signaling.
struct Caller {
    node: Node,
    identity: Arc<Identity>,
    checks: Checks,
    part: Part,
    session: Session,
    call: String,
    /// Which of this call's connections it has.
    connection: u32,
    id: PeerId,
    mapping: Vec<Slot>,
}

impl Guest for Caller {
    fn stay(&mut self, media: &Media) -> Result<()> {
        let News { slots, video_slots, lost } = self.session.listen()?;
        if let Some(slots) = slots {
            self.mapping = slots;
            self.map(media);
        }
        let more = video_slots.filter(|count| self.part.grows && *count > self.part.video_slots);
        self.part.video_slots = more.unwrap_or(self.part.video_slots);
        if lost {
            self.connect_again(media)?;
        } else if let Some(count) = more {
            let offer = media.offer_more(self.id, count)?;
            if let Some(answer) = self.session.offer(&self.call, self.connection, &offer)? {
                media.add_slots(self.id, sdp::parse(&answer)?);
                self.map(media);
            }
        }
        Ok(())
    }

    fn leave(self: Box<Self>, media: &Media) {
        media.remove(self.id);
        self.session.close();
    }
}

impl Caller {
    /// Expects in the slots what the platform says is in them.
    fn map(&self, media: &Media) {
        for slot in &self.mapping {
            let numbers = [(Kind::Audio, slot.microphone), (Kind::Video, slot.camera), (Kind::Video, slot.screen)];
            for (kind, number) in numbers.into_iter().filter(|(_, number)| number.is_some()) {
                media.map(self.id, kind, slot.index, number);
            }
            // A person without a microphone is heard in whichever audio slot is free.
            if slot.microphone.is_none() && slot.screen.is_none() {
                (0..self.part.audio_slots).for_each(|index| media.map(self.id, Kind::Audio, index, None));
            }
        }
    }

    /// Makes the next connection in the place of the one that is lost.
    fn connect_again(&mut self, media: &Media) -> Result<()> {
        media.remove(self.id);
        self.connection += 1;
        let mut peer = Peer::new(self.identity.clone(), self.part.clone(), self.checks);
        // What is lost once more meanwhile is told once more.
        let Some(answer) = self.session.offer(&self.call, self.connection, &peer.offer())? else {
            return Ok(());
        };
        let answer = sdp::parse(&answer)?;
        let server = self.node.choose(&answer.candidates)?;
        peer.accept(&answer, server, wall())?;
        self.id = media.add(peer, server, None);
        media.progress.renewed.fetch_add(1, Ordering::Relaxed);
        self.map(media);
        Ok(())
    }
}

/// Why something was refused.
#[derive(Debug)]
struct Refused {
    code: String,
    message: String,
}

impl Refused {
    /// Whether what was first asked then is to be asked again.
    fn is_for_later(&self, began: Instant) -> bool {
        self.code == LATER && began.elapsed() < PATIENCE
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// One participant's conversation with the platform.
struct Session {
    socket: WebSocket<TcpStream>,
    next_id: u64,
    received: u64,
    confirmed: u64,
    /// What has come and was not taken yet.
    news: News,
    keep_alive: Duration,
    pinged: Instant,
}

impl Session {
    /// Joins a room; the call's id.
    fn join(&mut self, room: &str, microphone: bool, camera: bool) -> Result<String> {
        let request = json!({ "type": "room.join", "name": room, "microphone": microphone, "camera": camera });
        let joined = self.require(&request)?.map_err(|refused| anyhow::anyhow!("joining was refused: {refused}"))?;
        let call = joined.get("callId").and_then(Value::as_str).context("joining gave no callId")?;
        Ok(call.to_owned())
    }

    /// Offers on a connection; the answer, or none if that connection is lost.
    fn offer(&mut self, call: &str, connection: u32, sdp: &str) -> Result<Option<String>> {
        let request = json!({ "type": "media.offer", "callId": call, "connection": connection, "sdp": sdp });
        match self.require(&request)? {
            Ok(answered) => {
                let sdp = answered.get("sdp").and_then(Value::as_str).context("the answer has no sdp")?;
                Ok(Some(sdp.to_owned()))
            }
            Err(refused) if refused.code == LOST => Ok(None),
            Err(refused) => bail!("the offer was refused: {refused}"),
        }
    }

    /// Listens for a moment. An error when the call or the session has ended.
    fn listen(&mut self) -> Result<News> {
        if self.news.is_empty() {
            if self.pinged.elapsed() > self.keep_alive || self.received - self.confirmed > UNCONFIRMED {
                self.pinged = Instant::now();
                self.confirmed = self.received;
                self.send(json!({ "type": "ping", "received": self.received }))?;
            }
            self.socket.get_ref().set_read_timeout(Some(LISTEN_TURN))?;
            while self.news.is_empty() {
                match self.read()? {
                    None => break,
                    Some(event) if event.kind == "error" => bail!("the platform says {event:?}"),
                    Some(_) => {}
                }
            }
        }
        Ok(std::mem::take(&mut self.news))
    }

    /// Leaves for good, with everything that the session has.
    fn close(mut self) {
        let done = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        // Whoever is gone already need not say goodbye.
        let _ = self.socket.close(Some(done));
        let _ = self.socket.flush();
    }

    /// Asks until the platform has time for it.
    fn require(&mut self, request: &Value) -> Result<std::result::Result<Value, Refused>> {
        let began = Instant::now();
        loop {
            match self.ask(request.clone())? {
                Err(refused) if refused.is_for_later(began) => std::thread::sleep(LATER_PAUSE),
                answered => return Ok(answered),
            }
        }
    }

    fn ask(&mut self, request: Value) -> Result<std::result::Result<Value, Refused>> {
        let id = self.send(request)?;
        self.socket.get_ref().set_read_timeout(Some(ANSWER_TIMEOUT))?;
        loop {
            let event = self.read()?.context("the platform did not answer in time")?;
            match (event.kind.as_str(), event.id) {
                ("reply", Some(answered)) if answered == id => return Ok(Ok(event.result.unwrap_or_default())),
                ("error", answered) if answered.is_none_or(|answered| answered == id) => {
                    let (code, message) = (event.code.unwrap_or_default(), event.message.unwrap_or_default());
                    return Ok(Err(Refused { code, message }));
                }
                _ => {}
            }
        }
    }

    fn send(&mut self, mut message: Value) -> Result<u64> {
        let id = self.next_id;
        self.next_id += 1;
        if let Some(fields) = message.as_object_mut() {
            fields.insert("id".to_owned(), id.into());
        }
        self.socket.send(Message::text(message.to_string())).context("signaling is lost")?;
        Ok(id)
    }

    /// The next message; none if none came in time.
    fn read(&mut self) -> Result<Option<Event>> {
        loop {
            let text = match self.socket.read() {
                Ok(Message::Text(text)) => text,
                Ok(Message::Close(frame)) => bail!("the platform closed signaling: {frame:?}"),
                Ok(_) => continue,
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(error).context("signaling is lost"),
            };
            let event: Event = serde_json::from_str(&text).with_context(|| format!("not understood: {text}"))?;
            self.received = self.received.max(event.sequence.unwrap_or(0));
            ensure!(event.kind != "call.ended", "the platform ended the call: {:?}", event.reason);
            self.news.slots = event.slots.clone().or(self.news.slots.take());
            self.news.video_slots = event.video_slots.or(self.news.video_slots);
            self.news.lost |= event.kind == "media.lost";
            return Ok(Some(event));
        }
    }
}
