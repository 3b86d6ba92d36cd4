//! Janus with its `VideoRoom` plugin, to compare with: another signaling for the same participants.
//!
//! A participant of Janus has one connection to publish and one to subscribe. In the first it offers, in the second Janus
//! does. It subscribes when for a moment nobody new has begun to publish, so that it need not negotiate again.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::{HeaderValue, Uri};
use tungstenite::{Message, WebSocket};

use crate::crowd::{Entry, Guest, Platform};
use crate::dtls::Identity;
use crate::incoming::Kind;
use crate::network::{Media, PeerId, wall};
use crate::peer::{Checks, Intent, Part, Peer};
use crate::sdp::{self, Remote};

const SUB_PROTOCOL: &str = "janus-protocol";
const PLUGIN: &str = "janus.plugin.videoroom";
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The mids of a publisher's m-lines.
const MICROPHONE: &str = "0";
const CAMERA: &str = "1";

/// How long a guest is there at a time, and for how long nobody new must have come before it subscribes.
const TURN: Duration = Duration::from_millis(500);

/// Turns between two signs of life; Janus forgets a session after 60 s.
const KEEP_ALIVE_TURNS: u32 = 50;

/// More than ever publish at once.
const MAX_PUBLISHERS: u32 = 100;

/// Who publishes, by feed: whether a microphone and a camera.
type Published = Arc<Mutex<BTreeMap<u64, [bool; 2]>>>;

/// A Janus.
pub(crate) struct Janus {
    authority: String,
    published: Published,
}

impl Janus {
    /// The Janus whose WebSocket is at `ws://host:port`.
    pub(crate) fn new(url: &str) -> Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("{url} is no URL"))?;
        ensure!(uri.scheme_str() == Some("ws"), "{url}: Janus is reached by ws://");
        let authority = uri.authority().with_context(|| format!("{url} names no host"))?;
        Ok(Self { authority: authority.to_string(), published: Published::default() })
    }

    fn session(&self) -> Result<Session> {
        let mut request = format!("ws://{}/", self.authority).into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUB_PROTOCOL));
        let stream = TcpStream::connect(&self.authority).with_context(|| format!("no Janus at {}", self.authority))?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        stream.set_nodelay(true)?;
        let (socket, _) = tungstenite::client(request, stream)
            .map_err(|error| anyhow::anyhow!("Janus' signaling cannot be opened: {error}"))?;
        let mut session = Session { socket, id: Value::Null, transaction: 0 };
        session.id = session.ask(json!({ "janus": "create" }))?["data"]["id"].take();
        Ok(session)
    }
}

impl Platform for Janus {
    fn join(&self, entry: Entry<'_>) -> Result<Box<dyn Guest>> {
        let Entry { invitation, media, identity, checks, heard } = &entry;
        let mut session = self.session()?;
        let handle = session.attach()?;
        let room = number(&invitation.room);
        // Creating what is there is an error that does not matter.
        session.ask_plugin(
            &handle,
            &json!({
                "request": "create", "room": room, "publishers": MAX_PUBLISHERS, "audiocodec": "opus", "videocodec": "vp8",
            }),
            None,
        )?;
        let mut guest = Participant {
            session,
            handle,
            room,
            own_feed: number(&invitation.name),
            slots: [invitation.part.audio_slots, invitation.part.video_slots],
            published: self.published.clone(),
            identity: (*identity).clone(),
            checks: *checks,
            heard: heard.clone(),
            connections: Vec::new(),
            known_feeds: 0,
            subscribed: false,
            turns: 0,
        };
        if publishes(&invitation.part) {
            guest.publish(entry.peer(), &invitation.part, media)?;
        }
        Ok(Box::new(guest))
    }

    fn connections(&self, part: &Part) -> usize {
        usize::from(publishes(part)) + usize::from(part.audio_slots + part.video_slots > 0)
    }

    fn is_numbered(&self) -> bool {
        false
    }
}

fn publishes(part: &Part) -> bool {
    part.microphone.is_some() || !part.camera.is_empty()
}

/// Janus wants numbers for names: FNV-1a, cut to what JavaScript counts exactly.
fn number(name: &str) -> u64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash >> 12
}

/// A participant of a `VideoRoom`.
struct Participant {
    session: Session,
    handle: Value,
    room: u64,
    own_feed: u64,
    /// How many microphones and cameras it receives.
    slots: [usize; 2],
    published: Published,
    identity: Arc<Identity>,
    checks: Checks,
    heard: Option<std::sync::mpsc::Sender<Duration>>,
    connections: Vec<PeerId>,
    known_feeds: usize,
    subscribed: bool,
    turns: u32,
}

impl Participant {
    fn publish(&mut self, mut peer: Peer, part: &Part, media: &Media) -> Result<()> {
        let join = json!({ "request": "join", "ptype": "publisher", "room": self.room, "id": self.own_feed });
        self.session.ask_plugin(&self.handle, &join, None)?;
        let publishes = [part.microphone.is_some(), !part.camera.is_empty()];
        self.published.lock().unwrap_or_else(PoisonError::into_inner).insert(self.own_feed, publishes);
        let mut lines = Vec::new();
        if part.microphone.is_some() {
            lines.push((Kind::Audio, MICROPHONE.to_owned(), Intent::Publish));
        }
        if !part.camera.is_empty() {
            lines.push((Kind::Video, CAMERA.to_owned(), Intent::Publish));
        }
        let offer = json!({ "type": "offer", "sdp": peer.describe("actpass", lines) });
        let answered = self.session.ask_plugin(&self.handle, &json!({ "request": "publish" }), Some(offer))?;
        let remote = description(&answered)?;
        peer.connect(&remote, address(&remote)?, wall())?;
        self.add(peer, &remote, media, None)
    }

    /// Receives of these, in one connection, as many microphones and cameras as there are slots.
    fn subscribe(&mut self, feeds: &[u64], media: &Media) -> Result<()> {
        let handle = self.session.attach()?;
        let streams = streams(feeds, &self.published.lock().unwrap_or_else(PoisonError::into_inner), self.slots);
        let join = json!({ "request": "join", "ptype": "subscriber", "room": self.room, "streams": streams });
        let remote = description(&self.session.ask_plugin(&handle, &join, None)?)?;
        let mut peer = Peer::new(self.identity.clone(), Part::default(), self.checks);
        let (mut audio, mut video) = (0, 0);
        for line in &remote.lines {
            let index = if line.kind == Kind::Audio { &mut audio } else { &mut video };
            peer.add_slot(line.kind, *index, line.ssrc, line.repair_ssrc);
            *index += 1;
        }
        peer.connect(&remote, address(&remote)?, wall())?;
        let lines = remote.lines.iter().map(|line| (line.kind, line.mid.clone(), Intent::Receive)).collect();
        let answer = json!({ "type": "answer", "sdp": peer.describe("active", lines) });
        self.session.ask_plugin(&handle, &json!({ "request": "start" }), Some(answer))?;
        let heard = self.heard.take();
        self.add(peer, &remote, media, heard)
    }

    fn add(
        &mut self,
        peer: Peer,
        remote: &Remote,
        media: &Media,
        heard: Option<std::sync::mpsc::Sender<Duration>>,
    ) -> Result<()> {
        self.connections.push(media.add(peer, address(remote)?, heard));
        Ok(())
    }

    /// The others who publish.
    fn feeds(&mut self) -> Result<Vec<u64>> {
        let list = json!({ "request": "listparticipants", "room": self.room });
        let answered = self.session.ask_plugin(&self.handle, &list, None)?;
        let participants = answered["plugindata"]["data"]["participants"].as_array().cloned().unwrap_or_default();
        let publishing = participants.iter().filter(|participant| participant["publisher"] == true);
        Ok(publishing.filter_map(|participant| participant["id"].as_u64()).filter(|id| *id != self.own_feed).collect())
    }
}

impl Guest for Participant {
    fn stay(&mut self, media: &Media) -> Result<()> {
        std::thread::sleep(TURN);
        if !self.subscribed {
            let feeds = self.feeds()?;
            if !feeds.is_empty() && feeds.len() == self.known_feeds {
                self.subscribed = true;
                self.subscribe(&feeds, media)?;
            }
            self.known_feeds = feeds.len();
        }
        self.turns += 1;
        if self.turns.is_multiple_of(KEEP_ALIVE_TURNS) {
            self.session.ask(json!({ "janus": "keepalive" }))?;
        }
        Ok(())
    }

    fn leave(mut self: Box<Self>, media: &Media) {
        for id in &self.connections {
            media.remove(*id);
        }
        // A Janus that is gone has forgotten the session.
        let _ = self.session.ask(json!({ "janus": "destroy" }));
    }
}

/// What is subscribed to, one entry for each track. Janus would forward everything; Ringback forwards what there are slots for.
fn streams(feeds: &[u64], published: &BTreeMap<u64, [bool; 2]>, slots: [usize; 2]) -> Vec<Value> {
    let mut free = slots;
    let mut streams = Vec::new();
    for feed in feeds {
        let publishes = published.get(feed).copied().unwrap_or_default();
        for ((free, publishes), mid) in free.iter_mut().zip(publishes).zip([MICROPHONE, CAMERA]) {
            if publishes && *free > 0 {
                *free -= 1;
                streams.push(json!({ "feed": feed, "mid": mid }));
            }
        }
    }
    streams
}

fn address(remote: &Remote) -> Result<SocketAddr> {
    remote.candidates.first().copied().context("Janus announces no address")
}

fn description(answered: &Value) -> Result<Remote> {
    let sdp = answered["jsep"]["sdp"].as_str().with_context(|| format!("Janus gave no description: {answered}"))?;
    sdp::parse(sdp)
}

struct Session {
    socket: WebSocket<TcpStream>,
    id: Value,
    transaction: u64,
}

impl Session {
    fn attach(&mut self) -> Result<Value> {
        Ok(self.ask(json!({ "janus": "attach", "plugin": PLUGIN }))?["data"]["id"].take())
    }

    /// Asks the plugin; its answer, or the event that follows an acknowledgement.
    fn ask_plugin(&mut self, handle: &Value, body: &Value, jsep: Option<Value>) -> Result<Value> {
        let mut request = json!({ "janus": "message", "handle_id": handle, "body": body });
        if let (Some(fields), Some(jsep)) = (request.as_object_mut(), jsep) {
            fields.insert("jsep".to_owned(), jsep);
        }
        self.ask(request)
    }

    fn ask(&mut self, mut request: Value) -> Result<Value> {
        self.transaction += 1;
        let transaction = self.transaction.to_string();
        let is_message = request["janus"] == "message";
        if let Some(fields) = request.as_object_mut() {
            fields.insert("transaction".to_owned(), transaction.clone().into());
            if !self.id.is_null() {
                fields.insert("session_id".to_owned(), self.id.clone());
            }
        }
        self.socket.send(Message::text(request.to_string())).context("Janus' signaling is lost")?;
        loop {
            let Message::Text(text) = self.socket.read().context("Janus does not answer")? else {
                continue;
            };
            let answer: Value = serde_json::from_str(&text)?;
            if answer["transaction"] != transaction.as_str() {
                continue;
            }
            match answer["janus"].as_str() {
                Some("ack") if is_message => {}
                Some("error") => bail!("Janus refuses {}: {}", request["janus"], answer["error"]),
                _ => return Ok(answer),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_tracks_are_received_than_there_are_slots() {
        let published = [(1, [true, true]), (2, [true, false]), (3, [true, true])].into();
        let mids = |slots| -> Vec<_> {
            let streams = streams(&[1, 2, 3], &published, slots);
            streams
                .iter()
                .map(|stream| (stream["feed"].as_u64().unwrap(), stream["mid"].as_str().unwrap() == CAMERA))
                .collect()
        };
        assert_eq!(mids([2, 4]), [(1, false), (1, true), (2, false), (3, true)]);
        assert_eq!(mids([3, 0]), [(1, false), (2, false), (3, false)]);
    }
}
