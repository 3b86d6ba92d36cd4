//! The worker: rooms by name, routes, facts, and the fence around every step of a room.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::capture::{Capture, OpenCapture};
use crate::command::{Command, CommandError, ErrorCode, Reply, ReplyMemory, ReplyResult};
use crate::egress::{Egress, StromEgress};
use crate::fact::{Fact, FactJournal, FailReason};
use crate::fault::{Fault, fence};
use crate::five_tuple::FiveTuple;
use crate::ids::{CommandId, RoomId, RoomKey};
use crate::levels::RoomLevels;
use crate::load::Load;
use crate::offer;
use crate::outbox::Outbox;
use crate::pages::{self, Place};
use crate::room::{Effects, Room, Totals};
use crate::routing::Routes;
use crate::slot::{Preference, SlotKey};
use crate::snapshot::{RoomSnapshot, Snapshot};
use crate::statistics::{Dropped, Faults, LoadSnapshot, Reception, Statistics};
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
    /// Makes the file of a packet capture.
    pub open_capture: OpenCapture,
    /// One moment by both clocks, so that captures tell the time; without it they begin in 1970.
    pub clocks: Option<(Instant, SystemTime)>,
}

impl WorkerConfig {
    /// The configuration of a worker that sends through str0m and captures nothing.
    #[must_use]
    pub fn new(boot_id: impl Into<String>, addresses: Vec<SocketAddr>, seed: u64) -> Self {
        Self {
            boot_id: boot_id.into(),
            addresses,
            seed,
            new_egress: |seed| Box::new(StromEgress::new(seed)),
            open_capture: |_| Err(io::ErrorKind::Unsupported.into()),
            clocks: None,
        }
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
    /// In which rooms something was forwarded that no transport has sent yet.
    unsent: BTreeSet<RoomKey>,
    datagrams: Outbox,
    captures: BTreeMap<RoomKey, Capture>,
    load: LoadSnapshot,
    traffic: Traffic,
    dropped: Dropped,
    faults: Faults,
    /// Of rooms that have ended.
    packets_lost_before: u64,
    draining: bool,
}

/// Datagrams and bytes since the worker began.
#[derive(Debug, Default)]
struct Traffic {
    packets_received: u64,
    packets_sent: u64,
    bytes_received: u64,
    bytes_sent: u64,
    /// The most that was ever told: a packet that comes late was not lost, but what counts never goes back.
    packets_lost: u64,
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
            datagrams: Outbox::default(),
            unsent: BTreeSet::new(),
            captures: BTreeMap::new(),
            load: LoadSnapshot { state: Load::Normal, busy: 0.0, lag_ms: 0.0 },
            traffic: Traffic::default(),
            dropped: Dropped::default(),
            faults: Faults::default(),
            packets_lost_before: 0,
            draining: false,
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
        let nominated = fence("finding a transport", || self.routes.nominate(tuple, contents));
        let reception = match &nominated {
            Ok(Some(transport)) => {
                let transport = *transport;
                let datagram = Incoming { tuple, contents };
                let step = |room: &mut Room, fx: &mut Effects<'_>| room.receive(transport, &datagram, fx);
                self.in_room(transport.room, "taking a datagram", now, step).unwrap_or(Reception::Unknown)
            }
            Ok(None) => Reception::Unknown,
            Err(Fault { doing, place }) => {
                tracing::error!(doing, place, "a fault before any room");
                Reception::Invalid
            }
        };
        if let Ok(Some(transport)) = nominated
            && reception != Reception::Unknown
        {
            self.capture(transport.room, |capture| capture.note(tuple.client, tuple.worker, contents, now));
        }
        match reception {
            Reception::Unknown => self.dropped.unknown += 1,
            Reception::OverBudget => self.dropped.over_budget += 1,
            Reception::Invalid => self.dropped.invalid += 1,
            Reception::Taken => {
                self.traffic.packets_received += 1;
                self.traffic.bytes_received += contents.len() as u64;
            }
        }
        matches!(reception, Reception::Taken | Reception::Invalid)
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
            let _ = self.in_room(room, "giving the time", now, Room::tick);
        }
        let over: Vec<RoomKey> =
            self.captures.iter().filter(|(_, capture)| capture.ends <= now).map(|(key, _)| *key).collect();
        for room in over {
            self.end_capture(room);
        }
    }

    /// When [`Worker::tick`] is wanted next.
    #[must_use]
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let captures = self.captures.values().map(|capture| capture.ends);
        self.rooms.values().filter_map(|room| room.deadline(now)).chain(captures).min()
    }

    /// The next datagram to send. What was forwarded since the last call leaves together, each client's in one piece.
    pub fn poll_datagram(&mut self, now: Instant) -> Option<Datagram> {
        while let Some(room) = self.unsent.pop_first() {
            // A room that fails here is recorded as such; there is nobody to tell otherwise.
            let _ = self.in_room(room, "letting packets go", now, Room::flush);
        }
        let datagram = self.datagrams.pop()?;
        self.traffic.packets_sent += 1;
        self.traffic.bytes_sent += datagram.contents.len() as u64;
        Some(datagram)
    }

    /// A datagram was left out because it is larger than any of WebRTC.
    pub fn note_oversized(&mut self) {
        self.dropped.oversized += 1;
    }

    /// The system would not send so many datagrams.
    pub fn note_unsent(&mut self, count: u64) {
        self.dropped.unsent += count;
    }

    /// There is so much to do from now on. Rooms follow when they hand out bandwidth the next time.
    pub fn set_load(&mut self, load: LoadSnapshot) {
        self.load = load;
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

    /// The worker in numbers.
    pub fn statistics(&mut self) -> Statistics {
        let totals: Vec<_> = self.rooms.values().map(Room::totals).collect();
        let sum = |number: fn(&Totals) -> u64| totals.iter().map(number).sum::<u64>();
        let traffic = &mut self.traffic;
        traffic.packets_lost = traffic.packets_lost.max(self.packets_lost_before + sum(|totals| totals.packets_lost));
        Statistics {
            load: self.load,
            rooms: self.rooms.len() as u64,
            participants: sum(|totals| totals.participants),
            transports: sum(|totals| totals.transports),
            packets_received: traffic.packets_received,
            packets_sent: traffic.packets_sent,
            bytes_received: traffic.bytes_received,
            bytes_sent: traffic.bytes_sent,
            packets_lost: traffic.packets_lost,
            packets_repeated: self.datagrams.repairs(),
            dropped: self.dropped,
            faults: self.faults,
            facts_waiting: self.facts.after(0).count() as u64,
        }
    }

    /// Takes no new rooms from now on.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// Whether new rooms are refused.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining
    }

    /// Whether there is nothing left to do, and nothing new will come.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.draining && self.rooms.is_empty()
    }

    /// How loud the microphones are, and who is absent, of those rooms where it is not what was taken here last.
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
    pub fn rooms(&self, now: Instant) -> Vec<RoomSnapshot> {
        self.rooms.values().map(|room| room.snapshot(now)).collect()
    }

    fn execute(&mut self, command: Command, now: Instant) -> Result<ReplyResult, CommandError> {
        command.log();
        let done = Ok(ReplyResult::Done {});
        match command {
            Command::OpenRoom { room } => {
                self.open_room(room, now)?;
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
                // Who is here already is never turned away.
                if !self.rooms.get(&key).is_some_and(|room| room.knows(&participant)) {
                    self.take_more("participant")?;
                }
                let offer = offer::check(&sdp)?;
                let addresses = self.config.addresses.clone();
                let (new_egress, seed) = (self.config.new_egress, self.random.u64(..));
                let answer = self.in_room(key, "answering an offer", now, |room, fx| {
                    room.accept_offer(&participant, &transport, offer, &addresses, || new_egress(seed), fx)
                })?;
                Ok(ReplyResult::Answer { sdp: answer? })
            }
            Command::CloseParticipant { room, participant } => {
                if let Some(key) = self.room_names.get(&room).copied() {
                    let step = |room: &mut Room, fx: &mut Effects<'_>| room.close_participant(&participant, fx);
                    self.in_room(key, "closing a participant", now, step)?;
                }
                done
            }
            Command::Publish { room, participant, publication, number, source } => {
                let key = self.room_key(&room)?;
                let step = |room: &mut Room, fx: &mut Effects<'_>| {
                    room.publish(&participant, &publication, number, source, fx);
                };
                self.in_room(key, "publishing", now, step)?;
                done
            }
            Command::Unpublish { room, publication } => {
                if let Some(key) = self.room_names.get(&room).copied() {
                    self.in_room(key, "unpublishing", now, |room, fx| room.unpublish(&publication, fx))?;
                }
                done
            }
            Command::MapSlot { room, participant, kind, index, publication, loudest } => {
                let key = self.room_key(&room)?;
                let slot = SlotKey { kind, index };
                let publication = publication.as_ref();
                self.in_room(key, "mapping a slot", now, |room, fx| {
                    room.map_slot(&participant, slot, publication, loudest, fx)
                })??;
                done
            }
            Command::PreferSlot { room, participant, index, width, height, pinned } => {
                let key = self.room_key(&room)?;
                let preference = Preference { width, height, pinned };
                let step =
                    |room: &mut Room, fx: &mut Effects<'_>| room.prefer_slot(&participant, index, preference, fx);
                self.in_room(key, "preferring a slot", now, step)??;
                done
            }
            Command::RequestKeyframe { room, publication } => {
                let key = self.room_key(&room)?;
                self.in_room(key, "asking for a keyframe", now, |room, fx| room.request_keyframe(&publication, fx))??;
                done
            }
            Command::StartCapture { room, path, payloads, seconds } => {
                self.start_capture(&room, &path, payloads, seconds, now)?;
                done
            }
            Command::StopCapture { room } => {
                if let Some(key) = self.room_names.get(&room).copied() {
                    self.end_capture(key);
                }
                done
            }
            Command::TakeSnapshot { room, after } => self.take_snapshot(room.as_ref(), after.as_deref(), now),
            Command::Ping => done,
            Command::Drain => {
                self.drain();
                done
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

    fn open_room(&mut self, room: RoomId, now: Instant) -> Result<(), CommandError> {
        if self.room_names.contains_key(&room) {
            return Ok(());
        }
        if self.draining {
            return Err(CommandError::new(ErrorCode::Draining, "this worker takes no new rooms"));
        }
        self.take_more("room")?;
        self.next_room += 1;
        let key = RoomKey(self.next_room);
        self.room_names.insert(room.clone(), key);
        self.rooms.insert(key, Room::new(room, key, now));
        Ok(())
    }

    fn start_capture(
        &mut self,
        room: &RoomId,
        path: &str,
        payloads: bool,
        seconds: u32,
        now: Instant,
    ) -> Result<(), CommandError> {
        let key = self.room_key(room)?;
        if self.captures.contains_key(&key) {
            return Err(CommandError::new(ErrorCode::CommandInvalid, "the room is being captured already"));
        }
        let since = |(then, time): (Instant, SystemTime)| time + now.saturating_duration_since(then);
        let wallclock = self.config.clocks.map_or(UNIX_EPOCH, since);
        let capture = Capture::open(self.config.open_capture, path, payloads, seconds, now, wallclock)?;
        tracing::info!(%room, payloads, seconds, "packet capture begins");
        self.captures.insert(key, capture);
        Ok(())
    }

    fn take_snapshot(
        &mut self,
        room: Option<&RoomId>,
        after: Option<&str>,
        now: Instant,
    ) -> Result<ReplyResult, CommandError> {
        let only = room.map(|room| self.room_key(room)).transpose()?;
        let unknown = |_| CommandError::new(ErrorCode::CommandInvalid, "no snapshot has named this place");
        let from = after.map_or(Ok(Place::BEGIN), |after| after.parse().map_err(unknown))?;
        let (rooms, next) = pages::page(&self.rooms, only, from, now);
        if only.is_none() && next.is_none() {
            // Whatever facts were dropped, their effects are in what was told.
            self.facts.note_snapshot();
        }
        Ok(ReplyResult::Snapshot(Box::new(Snapshot {
            boot_id: self.config.boot_id.clone(),
            last_fact: self.facts.last(),
            rooms,
            next: next.map(|place| place.to_string()),
            worker: self.statistics(),
        })))
    }

    /// Whether there is time for one more of something.
    fn take_more(&self, what: &str) -> Result<(), CommandError> {
        if self.load.state == Load::Refusing {
            let message = format!("the worker has too much to do for a new {what}; try again later");
            return Err(CommandError::new(ErrorCode::Overloaded, message));
        }
        Ok(())
    }

    fn capture(&mut self, room: RoomKey, note: impl FnOnce(&mut Capture) -> bool) {
        if self.captures.get_mut(&room).is_some_and(|capture| !note(capture)) {
            self.end_capture(room);
        }
    }

    fn end_capture(&mut self, key: RoomKey) {
        if let (Some(Capture { packets, left_out, .. }), Some(room)) =
            (self.captures.remove(&key), self.rooms.get(&key))
        {
            tracing::info!(room = %room.id, packets, left_out, "packet capture ended");
        }
    }

    fn room_key(&self, room: &RoomId) -> Result<RoomKey, CommandError> {
        let not_found = || CommandError::new(ErrorCode::RoomNotFound, format!("there is no room {room}"));
        self.room_names.get(room).copied().ok_or_else(not_found)
    }

    fn close_room(&mut self, key: RoomKey, now: Instant) {
        // A room that fails while closing is gone as well.
        let _ = self.in_room(key, "closing the room", now, Room::close);
        self.remove_room(key);
    }

    fn remove_room(&mut self, key: RoomKey) -> Option<RoomId> {
        self.routes.forget_room(key);
        self.end_capture(key);
        let room = self.rooms.remove(&key)?;
        let id = room.id.clone();
        self.room_names.remove(&id);
        let lost = fence("counting what was lost", || room.totals().packets_lost);
        self.packets_lost_before += lost.unwrap_or_default();
        // Dropping what panicked may panic again.
        let _ = fence("dropping the room", || drop(room));
        Some(id)
    }

    /// One step of a room. A panic in it ends the room and nothing else.
    fn in_room<T>(
        &mut self,
        key: RoomKey,
        doing: &'static str,
        now: Instant,
        step: impl FnOnce(&mut Room, &mut Effects<'_>) -> T,
    ) -> Result<T, CommandError> {
        let Some(room) = self.rooms.get_mut(&key) else {
            return Err(CommandError::new(ErrorCode::RoomNotFound, "the room has just ended"));
        };
        let mut fx = Effects {
            now,
            load: self.load.state,
            datagrams: &mut self.datagrams,
            facts: &mut self.facts,
            faults: &mut self.faults,
            routes: &mut self.routes,
        };
        let mark = fx.datagrams.mark();
        // Facts, routes and datagrams are changed by whole entries, so they are sound after a panic; the room is dropped.
        let result = fence(doing, || step(room, &mut fx));
        if room.has_unsent() {
            self.unsent.insert(key);
        }
        if let Some(capture) = self.captures.get_mut(&key) {
            let mut note = |sent: &Datagram| capture.note(sent.tuple.worker, sent.tuple.client, &sent.contents, now);
            let has_room = self.datagrams.since(mark).all(&mut note);
            if !has_room {
                self.end_capture(key);
            }
        }
        result.map_err(|Fault { doing, place }| {
            if let Some(room) = self.remove_room(key) {
                tracing::error!(%room, doing, place, "a fault ended the room");
                self.faults.rooms += 1;
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
        let failed = worker.in_room(RoomKey(1), "testing", now, |_, _| panic!("a test's panic"));
        assert_eq!(failed.map_err(|error| error.code), Err::<(), _>(ErrorCode::Internal));
        let fact = worker.facts().after(0).next().unwrap().fact.clone();
        assert_eq!(fact, Fact::RoomFailed { room: RoomId::try_from("a").unwrap(), reason: FailReason::Fault });
        assert_eq!(worker.rooms(now).len(), 1);
    }
}
