//! A room: participants, what they publish, and the way of a packet from a publication to the slots that carry it.

mod audio;
mod forwarding;
mod totals;
mod video;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use crate::allocation::Allocator;
use crate::budget::Budget;
use crate::command::{CommandError, ErrorCode, Kind, Source};
use crate::egress::Egress;
use crate::fact::FactJournal;
use crate::ids::{
    ParticipantId, ParticipantKey, PublicationId, PublicationKey, RoomId, RoomKey, TransportId, TransportKey,
};
use crate::levels::ParticipantLevel;
use crate::load::Load;
use crate::loudest::Loudest;
use crate::offer::{CheckedOffer, MAX_OFFER_LINES};
use crate::outbox::Outbox;
use crate::participant::Participant;
use crate::publication::Publication;
use crate::routing::Routes;
use crate::slot::SlotKey;
use crate::snapshot::{ParticipantSnapshot, RoomSnapshot, SlotSnapshot};
use crate::statistics::{Faults, Reception};
use crate::transport::{Incoming, Outputs, Transport, TransportEvent};
use crate::video::RoomVideo;

pub(crate) use totals::Totals;

/// What a step of a room must know, and what it may change outside of it.
pub(crate) struct Effects<'a> {
    pub(crate) now: Instant,
    pub(crate) load: Load,
    pub(crate) datagrams: &'a mut Outbox,
    pub(crate) facts: &'a mut FactJournal,
    pub(crate) faults: &'a mut Faults,
    pub(crate) routes: &'a mut Routes,
}

/// A room.
pub(crate) struct Room {
    pub(crate) id: RoomId,
    key: RoomKey,
    participants: BTreeMap<ParticipantKey, Participant>,
    participant_names: HashMap<ParticipantId, ParticipantKey>,
    publications: BTreeMap<PublicationKey, Publication>,
    publication_names: HashMap<PublicationId, PublicationKey>,
    /// Layers of publications from which somebody wants a keyframe.
    keyframes_wanted: BTreeSet<(PublicationKey, usize)>,
    /// Whose bandwidth must be handed out anew; empty between steps.
    stale_allocations: BTreeSet<ParticipantKey>,
    /// To whom something was forwarded that has not been sent yet.
    unsent: BTreeSet<ParticipantKey>,
    next_allocation: Instant,
    loudest: Loudest,
    /// What was last said of the microphones' loudness.
    said_levels: Vec<ParticipantLevel>,
    said_absent: Vec<ParticipantId>,
    /// What was last said of what is paused and wanted.
    said_video: Option<RoomVideo>,
    /// What transports have told and the room has not handled yet; empty between steps.
    events: VecDeque<(ParticipantKey, TransportEvent)>,
    /// Kept between steps for its memory only.
    scratch: Vec<TransportEvent>,
    next_number: u32,
    /// What may still arrive from all participants together.
    budget: Budget,
    opened: Instant,
    /// Of publications that have ended.
    packets_lost_before: u64,
}

impl Room {
    pub(crate) fn new(id: RoomId, key: RoomKey, now: Instant) -> Self {
        Self {
            id,
            key,
            participants: BTreeMap::new(),
            participant_names: HashMap::new(),
            publications: BTreeMap::new(),
            publication_names: HashMap::new(),
            keyframes_wanted: BTreeSet::new(),
            stale_allocations: BTreeSet::new(),
            unsent: BTreeSet::new(),
            next_allocation: now,
            loudest: Loudest::default(),
            said_levels: Vec::new(),
            said_absent: Vec::new(),
            said_video: None,
            events: VecDeque::new(),
            scratch: Vec::new(),
            next_number: 0,
            budget: Budget::of_room(now),
            opened: now,
            packets_lost_before: 0,
        }
    }

    /// Hands a datagram to the transport it may be for.
    pub(crate) fn receive(
        &mut self,
        transport: TransportKey,
        datagram: &Incoming<'_>,
        fx: &mut Effects<'_>,
    ) -> Reception {
        let participant = transport.participant;
        let current = self.participants.get_mut(&participant).and_then(|participant| participant.transport.as_mut());
        let Some(current) = current.filter(|current| current.serial == transport.serial) else {
            return Reception::Unknown;
        };
        let mut out = Outputs { datagrams: fx.datagrams, events: &mut self.scratch };
        let reception = current.receive(datagram, &mut self.budget, fx.now, &mut out);
        self.events.extend(self.scratch.drain(..).map(|event| (participant, event)));
        if matches!(reception, Reception::Taken | Reception::Invalid) {
            fx.routes.learn(datagram.tuple, transport);
            self.settle(fx);
        }
        reception
    }

    /// When the room wants the time.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        let transports = self.participants.values().filter_map(|p| p.transport.as_ref()?.deadline());
        let keyframes = self
            .keyframes_wanted
            .iter()
            .filter_map(|(key, layer)| self.publications.get(key)?.layers.get(*layer)?.keyframes.due(now));
        transports.chain(keyframes).chain(self.allocation_due()).min()
    }

    /// Gives the time to everything that waits for it.
    pub(crate) fn tick(&mut self, fx: &mut Effects<'_>) {
        let due: Vec<ParticipantKey> = self
            .participants
            .iter()
            .filter(|(_, p)| p.transport.as_ref().and_then(Transport::deadline).is_some_and(|at| at <= fx.now))
            .map(|(key, _)| *key)
            .collect();
        for participant in due {
            self.on_transport(participant, fx, Transport::tick);
        }
        self.allocate_if_due(fx.now);
        self.settle(fx);
    }

    /// Answers an offer: on the participant's transport if it has this id, otherwise with a new one.
    pub(crate) fn accept_offer(
        &mut self,
        participant: &ParticipantId,
        transport: &TransportId,
        offer: CheckedOffer,
        addresses: &[SocketAddr],
        egress: impl FnOnce() -> Box<dyn Egress>,
        fx: &mut Effects<'_>,
    ) -> Result<String, CommandError> {
        let known = self.participant_names.get(participant).copied();
        let current = known.and_then(|key| self.participants.get(&key)?.transport.as_ref());
        if let Some(key) = known
            && current.is_some_and(|current| current.id == *transport)
        {
            let before = current.map(|current| current.offered_slots().to_vec()).unwrap_or_default();
            let answer = self
                .on_transport(key, fx, |transport, now, out| transport.renegotiate(offer, now, out))
                .unwrap_or_else(|| Err(CommandError::new(ErrorCode::Internal, "the transport is gone")));
            if answer.is_ok() {
                self.note_offer(key, &before, fx);
            }
            self.settle(fx);
            return answer;
        }
        self.next_number += 1;
        let serial = self.next_number;
        let (new, answer) = Transport::accept(transport.clone(), serial, offer, addresses, egress(), fx.now)?;
        let key = self.participant_key(participant);
        self.close_transport(key, fx);
        if let Some(participant) = self.participants.get_mut(&key) {
            participant.transport = Some(new);
            participant.allocator = Allocator::default();
            participant.desired = 0;
        }
        self.on_transport(key, fx, Transport::tick);
        self.note_offer(key, &[], fx);
        self.settle(fx);
        Ok(answer)
    }

    /// After an offer: the user name may be another one, and slots may have come that show nothing yet.
    fn note_offer(&mut self, key: ParticipantKey, before: &[SlotKey], fx: &mut Effects<'_>) {
        let Some(participant) = self.participants.get_mut(&key) else {
            return;
        };
        let Some(transport) = &participant.transport else {
            return;
        };
        if let Some(ufrag) = transport.ufrag() {
            let transport = TransportKey { room: self.key, participant: key, serial: transport.serial };
            fx.routes.set_ufrag(ufrag.to_owned(), transport);
        }
        let new: Vec<SlotKey> =
            transport.offered_slots().iter().filter(|slot| !before.contains(slot)).copied().collect();
        for slot in &new {
            participant.slots.entry(*slot).or_default();
        }
        for slot in new {
            self.restart_slot(key, slot);
        }
        self.note_layers(key);
        self.reallocate(key);
    }

    /// Makes a publication of one of a participant's sources.
    pub(crate) fn publish(
        &mut self,
        participant: &ParticipantId,
        publication: &PublicationId,
        number: u32,
        source: Source,
        fx: &mut Effects<'_>,
    ) {
        if self.publication_names.contains_key(publication) {
            return;
        }
        let publisher = self.participant_key(participant);
        self.next_number += 1;
        let key = PublicationKey(self.next_number);
        self.publications.insert(key, Publication::new(publication.clone(), number, source, publisher, fx.now));
        self.publication_names.insert(publication.clone(), key);
        let before = self.participants.get_mut(&publisher).and_then(|p| p.set_publication(source, Some(key)));
        // One source is one publication, so a new one takes the place of the one before.
        if let Some(before) = before {
            self.end_publication(before, fx.now);
        }
        self.note_layers(publisher);
        if source == Source::Microphone {
            self.loudest.add(key, fx.now);
            self.choose_loudest(fx.now);
        }
        self.settle(fx);
    }

    /// Ends a publication.
    pub(crate) fn unpublish(&mut self, publication: &PublicationId, fx: &mut Effects<'_>) {
        if let Some(key) = self.publication_names.get(publication).copied() {
            self.end_publication(key, fx.now);
            self.settle(fx);
        }
    }

    /// Says what a slot carries from now on: a publication, nothing, or one of the loudest microphones.
    pub(crate) fn map_slot(
        &mut self,
        participant: &ParticipantId,
        slot: SlotKey,
        publication: Option<&PublicationId>,
        loudest: bool,
        fx: &mut Effects<'_>,
    ) -> Result<(), CommandError> {
        check_index(slot.index)?;
        let publication = publication.map(|id| self.publication_key(id)).transpose()?;
        let shown = publication.and_then(|key| self.publications.get(&key));
        if shown.is_some_and(|shown| shown.source.kind() != slot.kind) {
            return Err(CommandError::new(ErrorCode::CommandInvalid, "the slot and the publication are of two kinds"));
        }
        if loudest && (publication.is_some() || slot.kind == Kind::Video) {
            return Err(CommandError::new(ErrorCode::CommandInvalid, "the loudest is for audio, and no publication"));
        }
        let receiver = self.participant_key(participant);
        if !self.set_loudest(receiver, slot, loudest) {
            self.show(receiver, slot, publication);
        }
        match slot.kind {
            Kind::Audio => self.choose_loudest(fx.now),
            // Microphones follow their cameras.
            Kind::Video => self.show_loudest_to(receiver, fx.now),
        }
        self.settle(fx);
        Ok(())
    }

    /// Asks a publisher for a keyframe.
    pub(crate) fn request_keyframe(
        &mut self,
        publication: &PublicationId,
        fx: &mut Effects<'_>,
    ) -> Result<(), CommandError> {
        let key = self.publication_key(publication)?;
        let layers = self.publications.get(&key).map_or(0, |publication| publication.layers.len());
        for layer in 0..layers {
            self.want_keyframe(key, layer);
        }
        self.settle(fx);
        Ok(())
    }

    /// Closes all that a participant has here.
    pub(crate) fn close_participant(&mut self, participant: &ParticipantId, fx: &mut Effects<'_>) {
        let Some(key) = self.participant_names.get(participant).copied() else {
            return;
        };
        self.close_transport(key, fx);
        let Some(participant) = self.participants.get(&key) else {
            return;
        };
        let slots: Vec<SlotKey> = participant.slots.keys().copied().collect();
        let publications: Vec<PublicationKey> = participant.publications().collect();
        for slot in slots {
            self.set_loudest(key, slot, false);
            self.show(key, slot, None);
        }
        if let Some(participant) = self.participants.remove(&key) {
            self.participant_names.remove(&participant.id);
        }
        for publication in publications {
            self.end_publication(publication, fx.now);
        }
        self.choose_loudest(fx.now);
        self.settle(fx);
    }

    /// Closes all participants.
    pub(crate) fn close(&mut self, fx: &mut Effects<'_>) {
        let everyone: Vec<ParticipantId> = self.participant_names.keys().cloned().collect();
        for participant in everyone {
            self.close_participant(&participant, fx);
        }
    }

    /// The room's state.
    pub(crate) fn snapshot(&self, now: Instant) -> RoomSnapshot {
        let participants = self.participants.values().map(|participant| self.participant_snapshot(participant, now));
        RoomSnapshot { room: self.id.clone(), age_s: self.age_s(now), participants: participants.collect() }
    }

    fn participant_snapshot(&self, participant: &Participant, now: Instant) -> ParticipantSnapshot {
        let publication_id =
            |key: PublicationKey| self.publications.get(&key).map(|publication| publication.id.clone());
        ParticipantSnapshot {
            participant: participant.id.clone(),
            transport: participant.transport.as_ref().map(Transport::snapshot),
            publications: participant
                .publications()
                .filter_map(|key| self.publications.get(&key))
                .map(|publication| publication.snapshot(now))
                .collect(),
            slots: participant
                .slots
                .iter()
                .map(|(key, slot)| SlotSnapshot {
                    kind: key.kind,
                    index: key.index,
                    publication: slot.publication.and_then(publication_id),
                    loudest: slot.loudest,
                    packets_sent: slot.packets_sent,
                    layer: slot.current().filter(|_| key.kind == Kind::Video).map(|layer| layer as u8),
                    paused: slot.is_paused(),
                })
                .collect(),
        }
    }

    /// Whoever is told next has heard nothing of loudness, of who is absent, and of video.
    pub(crate) fn forget_said(&mut self) {
        self.said_levels.clear();
        self.said_absent.clear();
        self.said_video = None;
    }

    /// Closes a participant's transport by command: the client is told, the control plane knows.
    fn close_transport(&mut self, key: ParticipantKey, fx: &mut Effects<'_>) {
        let Some(mut transport) = self.participants.get_mut(&key).and_then(|p| p.transport.take()) else {
            return;
        };
        transport.close(fx.now, fx.datagrams);
        fx.routes.forget(TransportKey { room: self.key, participant: key, serial: transport.serial });
        self.end_streams(key, fx.now);
    }

    /// The participant with this id, new if there was none.
    fn participant_key(&mut self, id: &ParticipantId) -> ParticipantKey {
        if let Some(key) = self.participant_names.get(id) {
            return *key;
        }
        self.next_number += 1;
        let key = ParticipantKey(self.next_number);
        self.participants.insert(key, Participant::new(id.clone()));
        self.participant_names.insert(id.clone(), key);
        key
    }

    fn publication_key(&self, id: &PublicationId) -> Result<PublicationKey, CommandError> {
        let not_found =
            || CommandError::new(ErrorCode::PublicationNotFound, format!("there is no publication {id} in the room"));
        self.publication_names.get(id).copied().ok_or_else(not_found)
    }

    /// Calls a participant's transport and keeps what it tells for [`Room::settle`].
    fn on_transport<T>(
        &mut self,
        participant: ParticipantKey,
        fx: &mut Effects<'_>,
        call: impl FnOnce(&mut Transport, Instant, &mut Outputs<'_>) -> T,
    ) -> Option<T> {
        let transport = self.participants.get_mut(&participant)?.transport.as_mut()?;
        let mut out = Outputs { datagrams: fx.datagrams, events: &mut self.scratch };
        let result = call(transport, fx.now, &mut out);
        self.events.extend(self.scratch.drain(..).map(|event| (participant, event)));
        Some(result)
    }
}

fn check_index(index: u16) -> Result<(), CommandError> {
    if usize::from(index) < MAX_OFFER_LINES {
        return Ok(());
    }
    Err(CommandError::new(ErrorCode::CommandInvalid, "no offer can have that many slots"))
}
