//! The worker: rooms by name, routes, facts, and the fence around every step of a room.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::command::{Command, CommandError, ErrorCode, Reply, ReplyMemory, ReplyResult};
use crate::egress::{Egress, StromEgress};
use crate::fact::{Fact, FactJournal, FailReason};
use crate::five_tuple::FiveTuple;
use crate::ids::{CommandId, RoomId, RoomKey};
use crate::levels::RoomLevels;
use crate::offer;
use crate::room::{Effects, Room};
use crate::routing::Routes;
use crate::slot::{Preference, SlotKey};
use crate::snapshot::{RoomSnapshot, Snapshot};
use crate::transport::{self, Incoming};
use crate::video::RoomVideo;

/// What a worker is given when it is made.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// Another value for each run, so that the control plane sees a restart.
    pub boot_id: String,
    /// The addresses that answers announce, each for UDP and TCP.
    pub addresses: Vec<SocketAddr>,
    /// Where SSRCs and first numbers are drawn from.
    pub seed: u64,
    /// Makes the egress of each new transport from a seed of its own.
    pub new_egress: fn(u64) -> Box<dyn Egress>,
}

impl WorkerConfig {
    /// The configuration of a worker that sends through str0m.
    #[must_use]
    pub fn new(boot_id: impl Into<String>, addresses: Vec<SocketAddr>, seed: u64) -> Self {
        Self { boot_id: boot_id.into(), addresses, seed, new_egress: |seed| Box::new(StromEgress::new(seed)) }
    }
}

/// A datagram to send.
#[derive(Clone, PartialEq, Eq)]
pub struct Datagram {
    /// From where, to where.
    pub tuple: FiveTuple,
    /// What to send.
    pub contents: Vec<u8>,
}

impl fmt::Debug for Datagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither addresses nor contents belong in a log.
        write!(f, "Datagram({} bytes)", self.contents.len())
    }
}

/// All rooms of a worker, as one machine without I/O.
pub struct Worker {
    config: WorkerConfig,
    random: fastrand::Rng,
    rooms: BTreeMap<RoomKey, Room>,
    room_names: HashMap<RoomId, RoomKey>,
    next_room: u32,
    routes: Routes,
    facts: FactJournal,
    replies: ReplyMemory,
    datagrams: VecDeque<Datagram>,
}

impl Worker {
    /// A worker without rooms.
    #[must_use]
    pub fn new(config: WorkerConfig) -> Self {
        let random = fastrand::Rng::with_seed(config.seed);
        Self {
            config,
            random,
            rooms: BTreeMap::new(),
            room_names: HashMap::new(),
            next_room: 0,
            routes: Routes::default(),
            facts: FactJournal::default(),
            replies: ReplyMemory::default(),
            datagrams: VecDeque::new(),
        }
    }

    /// Pays in advance for what the cryptography does on first use (gathering entropy, testing itself), which would else keep
    /// the first client waiting for some hundred milliseconds.
    pub fn warm_up(&self, now: Instant) {
        transport::warm_up(now);
    }

    /// Runs a command, or answers as before if this id was run.
    pub fn run(&mut self, id: CommandId, command: Command, now: Instant) -> Reply {
        if let Some(reply) = self.replies.find(&id) {
            return reply.clone();
        }
        let reply = Reply::new(id, self.execute(command, now));
        self.replies.keep(&reply);
        reply
    }

    /// Takes a datagram that arrived at one of the worker's addresses. True if it belonged to a transport.
    pub fn receive(&mut self, tuple: FiveTuple, contents: &[u8], now: Instant) -> bool {
        let nominated = catch_unwind(AssertUnwindSafe(|| self.routes.nominate(tuple, contents))).unwrap_or(None);
        let Some(transport) = nominated else {
            return false;
        };
        let datagram = Incoming { tuple, contents };
        self.in_room(transport.room, now, |room, fx| room.receive(transport, &datagram, fx)).unwrap_or(false)
    }

    /// Gives the time to everything that waits for it.
    pub fn tick(&mut self, now: Instant) {
        let due: Vec<RoomKey> = self
            .rooms
            .iter()
            .filter(|(_, room)| room.deadline(now).is_some_and(|deadline| deadline <= now))
            .map(|(key, _)| *key)
            .collect();
        for room in due {
            // A room that fails here is recorded as such; there is nobody to tell otherwise.
            let _ = self.in_room(room, now, Room::tick);
        }
    }

    /// When [`Worker::tick`] is wanted next.
    #[must_use]
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        self.rooms.values().filter_map(|room| room.deadline(now)).min()
    }

    /// The next datagram to send.
    pub fn poll_datagram(&mut self) -> Option<Datagram> {
        self.datagrams.pop_front()
    }

    /// The facts that are not acknowledged.
    #[must_use]
    pub fn facts(&self) -> &FactJournal {
        &self.facts
    }

    /// The control plane has stored this fact and all before it.
    pub fn acknowledge(&mut self, fact: u64) {
        self.facts.acknowledge(fact);
    }

    /// Whether there are any rooms.
    #[must_use]
    pub fn has_rooms(&self) -> bool {
        !self.rooms.is_empty()
    }

    /// How loud the microphones are, of those rooms where it is not what was taken here last.
    pub fn take_changed_levels(&mut self, now: Instant) -> Vec<RoomLevels> {
        self.rooms.values_mut().filter_map(|room| room.take_changed_levels(now)).collect()
    }

    /// What is paused and wanted, of those rooms where it is not what was taken here last.
    pub fn take_changed_video(&mut self, now: Instant) -> Vec<RoomVideo> {
        self.rooms.values_mut().filter_map(|room| room.take_changed_video(now)).collect()
    }

    /// Whoever takes levels and what changed of video next has heard nothing of them.
    pub fn forget_said(&mut self) {
        self.rooms.values_mut().for_each(Room::forget_said);
    }

    /// The state of all rooms.
    #[must_use]
    pub fn rooms(&self) -> Vec<RoomSnapshot> {
        self.rooms.values().map(Room::snapshot).collect()
    }

    fn execute(&mut self, command: Command, now: Instant) -> Result<ReplyResult, CommandError> {
        let done = Ok(ReplyResult::Done {});
        match command {
            Command::OpenRoom { room } => {
                if !self.room_names.contains_key(&room) {
                    self.next_room += 1;
                    let key = RoomKey(self.next_room);
                    self.room_names.insert(room.clone(), key);
                    self.rooms.insert(key, Room::new(room, key));
                }
                done
            }
            Command::CloseRoom { room } => {
                if let Some(key) = self.room_names.get(&room).copied() {
                    self.close_room(key, now);
                }
                done
            }
            Command::AcceptOffer { room, participant, transport, sdp } => {
                let key = self.room_key(&room)?;
                let offer = offer::check(&sdp)?;
                let addresses = self.config.addresses.clone();
                let (new_egress, seed) = (self.config.new_egress, self.random.u64(..));
                let answer = self.in_room(key, now, |room, fx| {
                    room.accept_offer(&participant, &transport, offer, &addresses, || new_egress(seed), fx)
                })?;
                Ok(ReplyResult::Answer { sdp: answer? })
            }
            Command::CloseParticipant { room, participant } => {
                if let Some(key) = self.room_names.get(&room).copied() {
                    self.in_room(key, now, |room, fx| room.close_participant(&participant, fx))?;
                }
                done
            }
            Command::Publish { room, participant, publication, number, source } => {
                let key = self.room_key(&room)?;
                self.in_room(key, now, |room, fx| room.publish(&participant, &publication, number, source, fx))?;
                done
            }
            Command::Unpublish { room, publication } => {
                if let Some(key) = self.room_names.get(&room).copied() {
                    self.in_room(key, now, |room, fx| room.unpublish(&publication, fx))?;
                }
                done
            }
            Command::MapSlot { room, participant, kind, index, publication, loudest } => {
                let key = self.room_key(&room)?;
                let slot = SlotKey { kind, index };
                self.in_room(key, now, |room, fx| {
                    room.map_slot(&participant, slot, publication.as_ref(), loudest, fx)
                })??;
                done
            }
            Command::PreferSlot { room, participant, index, width, height, pinned } => {
                let key = self.room_key(&room)?;
                let preference = Preference { width, height, pinned };
                self.in_room(key, now, |room, fx| room.prefer_slot(&participant, index, preference, fx))??;
                done
            }
            Command::RequestKeyframe { room, publication } => {
                let key = self.room_key(&room)?;
                self.in_room(key, now, |room, fx| room.request_keyframe(&publication, fx))??;
                done
            }
            Command::TakeSnapshot => {
                // Whatever facts were dropped, their effects are in it.
                self.facts.note_snapshot();
                Ok(ReplyResult::Snapshot(Snapshot {
                    boot_id: self.config.boot_id.clone(),
                    last_fact: self.facts.last(),
                    rooms: self.rooms(),
                }))
            }
            Command::ShutDown => {
                let rooms: Vec<RoomKey> = self.rooms.keys().copied().collect();
                for room in rooms {
                    self.close_room(room, now);
                }
                done
            }
        }
    }

    fn room_key(&self, room: &RoomId) -> Result<RoomKey, CommandError> {
        let not_found = || CommandError::new(ErrorCode::RoomNotFound, format!("there is no room {room}"));
        self.room_names.get(room).copied().ok_or_else(not_found)
    }

    fn close_room(&mut self, key: RoomKey, now: Instant) {
        // A room that fails while closing is gone as well.
        let _ = self.in_room(key, now, Room::close);
        self.remove_room(key);
    }

    fn remove_room(&mut self, key: RoomKey) -> Option<RoomId> {
        self.routes.forget_room(key);
        let room = self.rooms.remove(&key)?;
        let id = room.id.clone();
        self.room_names.remove(&id);
        // Dropping what panicked may panic again.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(room)));
        Some(id)
    }

    /// One step of a room. A panic in it ends the room and nothing else.
    fn in_room<T>(
        &mut self,
        key: RoomKey,
        now: Instant,
        step: impl FnOnce(&mut Room, &mut Effects<'_>) -> T,
    ) -> Result<T, CommandError> {
        let Some(room) = self.rooms.get_mut(&key) else {
            return Err(CommandError::new(ErrorCode::RoomNotFound, "the room has just ended"));
        };
        let mut fx = Effects { now, datagrams: &mut self.datagrams, facts: &mut self.facts, routes: &mut self.routes };
        // Facts, routes and datagrams are changed by whole entries, so they are sound after a panic; the room is dropped.
        let result = catch_unwind(AssertUnwindSafe(|| step(room, &mut fx)));
        result.map_err(|_| {
            if let Some(room) = self.remove_room(key) {
                tracing::error!(%room, "a fault ended the room");
                self.facts.record(Fact::RoomFailed { room, reason: FailReason::Fault });
            }
            CommandError::new(ErrorCode::Internal, "a fault in the worker; the room has ended")
        })
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_a_room_ends_that_room_only() {
        let now = Instant::now();
        let mut worker = Worker::new(WorkerConfig::new("b", vec![], 1));
        for name in ["a", "b"] {
            let room = RoomId::try_from(name).unwrap();
            worker.run(CommandId::try_from(name).unwrap(), Command::OpenRoom { room }, now);
        }
        let failed = worker.in_room(RoomKey(1), now, |_, _| panic!("a test's panic"));
        assert_eq!(failed.map_err(|error| error.code), Err::<(), _>(ErrorCode::Internal));
        let fact = worker.facts().after(0).next().unwrap().fact.clone();
        assert_eq!(fact, Fact::RoomFailed { room: RoomId::try_from("a").unwrap(), reason: FailReason::Fault });
        assert_eq!(worker.rooms().len(), 1);
    }
}
