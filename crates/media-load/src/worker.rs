//! A media worker alone, driven over the worker protocol (`protocol/worker/README.md`), to measure it without its control
//! plane. It speaks with epoch 0, so a worker that somebody controls refuses it and goes on undisturbed.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::crowd::{Entry, Guest, Platform};
use crate::incoming::Kind;
use crate::network::{Media, PeerId, wall};
use crate::peer::Part;
use crate::sdp;

/// How long the worker may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// What a worker with too much to do says to newcomers; they come again after a while, and for so long.
const OVERLOADED: &str = "OVERLOADED";
const LATER_PAUSE: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a guest is there at a time.
const TURN: Duration = Duration::from_millis(500);

/// What an audio slot carries.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Carried {
    Publication(String),
    Loudest,
}

/// Somebody in a room.
#[derive(Debug, Default)]
struct Member {
    id: PeerId,
    microphone: Option<u32>,
    camera: Option<u32>,
    audio_slots: usize,
    video_slots: usize,
    mapped: BTreeMap<(&'static str, usize), Carried>,
}

type Room = BTreeMap<String, Member>;

struct Control {
    stream: UnixStream,
    next_command: u64,
    next_number: u32,
    rooms: BTreeMap<String, Room>,
}

/// A worker that nobody else controls.
#[derive(Clone)]
pub(crate) struct Worker {
    control: Arc<Mutex<Control>>,
}

impl Worker {
    /// Takes the worker whose socket this is.
    pub(crate) fn connect(path: &Path) -> Result<Self> {
        let stream = UnixStream::connect(path).with_context(|| format!("no worker listens on {}", path.display()))?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        let mut control = Control { stream, next_command: 1, next_number: 1, rooms: BTreeMap::new() };
        let build = concat!("media-load ", env!("CARGO_PKG_VERSION"));
        control.send(&json!({
            "type": "hello", "protocol_min": 1, "protocol_max": 1, "build": build, "epoch": 0,
        }))?;
        let welcome = control.receive()?;
        match welcome["type"].as_str() {
            Some("welcome") => Ok(Self { control: Arc::new(Mutex::new(control)) }),
            _ => bail!("the worker does not take us: {welcome}; start one that nobody controls"),
        }
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        // A thread that panicked in between is reported by itself.
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Platform for Worker {
    fn join(&self, entry: Entry<'_>) -> Result<Box<dyn Guest>> {
        let Entry { invitation, media, heard, .. } = &entry;
        let (room, name) = (invitation.room.as_str(), invitation.name.as_str());
        let mut peer = entry.peer();
        let mut control = self.control();
        if !control.rooms.contains_key(room) {
            control.run(&json!({ "type": "open_room", "room": room }))?;
        }
        let mut member = Member {
            audio_slots: invitation.part.audio_slots,
            video_slots: invitation.part.video_slots,
            ..Member::default()
        };
        if invitation.part.microphone.is_some() {
            member.microphone = Some(control.publish(room, name, "MICROPHONE")?);
        }
        if !invitation.part.camera.is_empty() {
            member.camera = Some(control.publish(room, name, "CAMERA")?);
        }
        let offer = json!({
            "type": "accept_offer", "room": room, "participant": name, "transport": name, "sdp": peer.offer(),
        });
        let answered = control.run_when_there_is_time(&offer)?;
        let answer = sdp::parse(answered["sdp"].as_str().context("the answer has no sdp")?)?;
        let server: SocketAddr = *answer.candidates.first().context("the worker announces no address")?;
        peer.accept(&answer, server, wall())?;
        member.id = media.add(peer, server, heard.clone());
        let id = member.id;
        control.rooms.entry(room.to_owned()).or_default().insert(name.to_owned(), member);
        control.map_slots(room, media)?;
        Ok(Box::new(Visitor { worker: self.clone(), room: room.to_owned(), name: name.to_owned(), id }))
    }

    fn connections(&self, _: &Part) -> usize {
        1
    }

    fn is_numbered(&self) -> bool {
        true
    }
}

/// A participant that came in by commands.
struct Visitor {
    worker: Worker,
    room: String,
    name: String,
    id: PeerId,
}

impl Guest for Visitor {
    fn stay(&mut self, _: &Media) -> Result<()> {
        std::thread::sleep(TURN);
        Ok(())
    }

    fn leave(self: Box<Self>, media: &Media) {
        // First, so that what the worker then closes is not taken for a loss.
        media.remove(self.id);
        let mut control = self.worker.control();
        if let Some(room) = control.rooms.get_mut(&self.room) {
            room.remove(&self.name);
        }
        // A worker that is gone has closed everything.
        let _ = control.run(&json!({ "type": "close_participant", "room": self.room, "participant": self.name }));
        let _ = control.map_slots(&self.room, media);
    }
}

impl Control {
    fn publish(&mut self, room: &str, participant: &str, source: &str) -> Result<u32> {
        let number = self.next_number;
        self.next_number += 1;
        self.run(&json!({
            "type": "publish", "room": room, "participant": participant, "publication": number.to_string(),
            "number": number, "source": source,
        }))?;
        Ok(number)
    }

    /// Brings the worker to what everybody in a room is to receive.
    fn map_slots(&mut self, room: &str, media: &Media) -> Result<()> {
        let Some(members) = self.rooms.get(room) else {
            return Ok(());
        };
        let mut changes = Vec::new();
        for name in members.keys() {
            let (member, wanted) = (&members[name], wanted(members, name));
            for (slot, carried) in &wanted {
                if member.mapped.get(slot) != Some(carried) {
                    changes.push((name.clone(), *slot, Some(carried.clone())));
                }
            }
            let gone = member.mapped.keys().filter(|slot| !wanted.contains_key(*slot));
            changes.extend(gone.map(|slot| (name.clone(), *slot, None)));
        }
        for (name, (kind, index), carried) in changes {
            let publication = match &carried {
                Some(Carried::Publication(publication)) => Some(publication),
                Some(Carried::Loudest) | None => None,
            };
            self.run(&json!({
                "type": "map_slot", "room": room, "participant": name, "kind": kind, "index": index,
                "publication": publication, "loudest": carried == Some(Carried::Loudest),
            }))?;
            let Some(member) = self.rooms.get_mut(room).and_then(|members| members.get_mut(&name)) else {
                continue;
            };
            if carried.is_some() {
                let number = publication.and_then(|publication| publication.parse().ok());
                media.map(member.id, if kind == "AUDIO" { Kind::Audio } else { Kind::Video }, index, number);
            }
            match carried {
                Some(carried) => member.mapped.insert((kind, index), carried),
                None => member.mapped.remove(&(kind, index)),
            };
        }
        Ok(())
    }

    /// Runs a command that a worker with too much to do refuses.
    fn run_when_there_is_time(&mut self, command: &Value) -> Result<Value> {
        let began = Instant::now();
        loop {
            match self.run(command) {
                Err(error) if error.to_string().contains(OVERLOADED) && began.elapsed() < PATIENCE => {
                    std::thread::sleep(LATER_PAUSE);
                }
                result => return result,
            }
        }
    }

    /// Runs a command; its result.
    fn run(&mut self, command: &Value) -> Result<Value> {
        let id = format!("load:{}", self.next_command);
        self.next_command += 1;
        let kind = command["type"].as_str().unwrap_or_default().to_owned();
        self.send(&json!({ "type": "command", "id": id, "command": command }))?;
        loop {
            let mut message = self.receive()?;
            match message["type"].as_str() {
                Some("reply") if message["id"] == id.as_str() => {
                    if message["error"].is_null() {
                        return Ok(message["result"].take());
                    }
                    bail!("{kind} was refused: {}", message["error"]);
                }
                Some("superseded" | "protocol_error") => bail!("the worker says {message}"),
                _ => {}
            }
        }
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        let body = rmp_serde::to_vec(message)?;
        self.stream.write_all(&(body.len() as u32).to_be_bytes()).context("the worker is gone")?;
        self.stream.write_all(&body).context("the worker is gone")
    }

    fn receive(&mut self) -> Result<Value> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).context("the worker does not answer")?;
        let mut body = vec![0; u32::from_be_bytes(length) as usize];
        self.stream.read_exact(&mut body).context("the worker does not answer")?;
        rmp_serde::from_slice(&body).context("the worker is not understood")
    }
}

/// What a member is to receive: the others' cameras as far as there are slots, and their microphones or, if there are more
/// of those than slots, the loudest.
fn wanted(members: &Room, name: &str) -> BTreeMap<(&'static str, usize), Carried> {
    let member = &members[name];
    let others = || members.iter().filter(|(other, _)| *other != name).map(|(_, other)| other);
    let cameras = others().filter_map(|other| other.camera).take(member.video_slots);
    let publication = |number: u32| Carried::Publication(number.to_string());
    let mut wanted: BTreeMap<_, _> =
        cameras.enumerate().map(|(index, number)| (("VIDEO", index), publication(number))).collect();
    let microphones: Vec<u32> = others().filter_map(|other| other.microphone).collect();
    if microphones.len() > member.audio_slots {
        wanted.extend((0..member.audio_slots).map(|index| (("AUDIO", index), Carried::Loudest)));
    } else {
        let mapped = microphones.into_iter().enumerate();
        wanted.extend(mapped.map(|(index, number)| (("AUDIO", index), publication(number))));
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_receives_the_others_and_the_loudest_if_there_are_too_many() {
        let member = |number: u32| Member {
            microphone: Some(number),
            camera: Some(number + 100),
            audio_slots: 2,
            video_slots: 1,
            ..Member::default()
        };
        let mut room: Room =
            [("a", 1), ("b", 2), ("c", 3)].map(|(name, number)| (name.to_owned(), member(number))).into();
        let heard = wanted(&room, "a");
        assert_eq!(heard[&("AUDIO", 1)], Carried::Publication("3".to_owned()));
        assert_eq!(heard[&("VIDEO", 0)], Carried::Publication("102".to_owned()));
        assert_eq!(heard.len(), 3);
        room.insert("d".to_owned(), member(4));
        assert_eq!(wanted(&room, "a")[&("AUDIO", 0)], Carried::Loudest);
    }
}
