//! What a room does with microphones: how loud they are, and which of them the slots carry that are mapped to the loudest.

use std::time::Instant;

use super::Room;
use crate::command::{Kind, Source};
use crate::ids::{ParticipantId, ParticipantKey, PublicationKey};
use crate::levels::{ParticipantLevel, RoomLevels};
use crate::loudest::{LoudestSlot, distribute};
use crate::participant::Participant;
use crate::slot::{Slot, SlotKey};
use crate::transport::Transport;

impl Room {
    /// A packet of a microphone says how loud it is.
    pub(super) fn note_loudness(&mut self, microphone: PublicationKey, loudness: i8, now: Instant) {
        if self.loudest.note(microphone, loudness, now) {
            self.show_loudest(now);
        }
    }

    /// Lets a slot carry one of the loudest microphones, or what it is told. True if it carries one of the loudest.
    pub(super) fn set_loudest(&mut self, participant: ParticipantKey, slot: SlotKey, loudest: bool) -> bool {
        if let Some(participant) = self.participants.get_mut(&participant) {
            participant.slots.entry(slot).or_default().loudest = loudest;
        }
        loudest
    }

    /// Chooses anew what the slots carry: microphones, slots or what they are mapped to have changed.
    pub(super) fn choose_loudest(&mut self, now: Instant) {
        let most = self.participants.values().map(places).max().unwrap_or(0);
        // One of them may be the participant's own.
        self.loudest.set_places(if most == 0 { 0 } else { most + 1 }, now);
        self.show_loudest(now);
    }

    /// How loud the microphones are, and who is absent, if that is not what was said last; then it counts as said.
    pub(crate) fn take_changed_levels(&mut self, now: Instant) -> Option<RoomLevels> {
        let microphones = self.participants.values().filter_map(|participant| {
            let loudness = self.loudest.level(participant.publication(Source::Microphone)?, now);
            Some(ParticipantLevel { participant: participant.id.clone(), loudness })
        });
        let levels: Vec<ParticipantLevel> = microphones.collect();
        let heard = |participant: &Participant| participant.transport.as_ref().and_then(Transport::heard);
        let absent = self.participants.values().filter(|one| one.presence.is_absent(heard(one), now));
        let absent: Vec<ParticipantId> = absent.map(|participant| participant.id.clone()).collect();
        if levels == self.said_levels && absent == self.said_absent {
            return None;
        }
        self.said_levels.clone_from(&levels);
        self.said_absent.clone_from(&absent);
        Some(RoomLevels { room: self.id.clone(), levels, absent })
    }

    fn show_loudest(&mut self, now: Instant) {
        let receivers: Vec<ParticipantKey> = self.participants.keys().copied().collect();
        for receiver in receivers {
            self.show_loudest_to(receiver, now);
        }
    }

    /// Brings one participant's slots to what the order says.
    pub(super) fn show_loudest_to(&mut self, receiver: ParticipantKey, now: Instant) {
        let Some(participant) = self.participants.get(&receiver) else {
            return;
        };
        let before: Vec<LoudestSlot> = audio_slots(participant)
            .filter(|(_, slot)| slot.loudest)
            .map(|(index, slot)| LoudestSlot { index, carries: slot.publication })
            .collect();
        if before.is_empty() {
            return;
        }
        let own = participant.publication(Source::Microphone);
        let elsewhere = |microphone| {
            audio_slots(participant).any(|(_, slot)| !slot.loudest && slot.publication == Some(microphone))
        };
        let others = self.loudest.order().iter().copied().filter(|other| Some(*other) != own && !elsewhere(*other));
        let wanted: Vec<PublicationKey> = others.take(before.len()).collect();
        let mut after = before.clone();
        let sounds = |microphone| self.loudest.sounds(microphone, now);
        distribute(&mut after, &wanted, sounds, |microphone| self.camera_slot(participant, microphone));
        for (after, before) in after.into_iter().zip(before) {
            if after != before {
                self.show(receiver, SlotKey { kind: Kind::Audio, index: after.index }, after.carries);
            }
        }
    }

    /// The index of the video slot in which a participant receives the camera that belongs to a microphone.
    fn camera_slot(&self, receiver: &Participant, microphone: PublicationKey) -> Option<u16> {
        let publisher = self.participants.get(&self.publications.get(&microphone)?.publisher)?;
        let camera = publisher.publication(Source::Camera)?;
        receiver.slots.iter().find(|(_, slot)| slot.publication == Some(camera)).map(|(key, _)| key.index)
    }
}

/// How many microphones a participant can receive, if it receives any of the loudest.
fn places(participant: &Participant) -> usize {
    if audio_slots(participant).any(|(_, slot)| slot.loudest) {
        audio_slots(participant).filter(|(_, slot)| slot.loudest || slot.publication.is_some()).count()
    } else {
        0
    }
}

fn audio_slots(participant: &Participant) -> impl Iterator<Item = (u16, &Slot)> {
    // Audio comes before video.
    participant.slots.iter().take_while(|(key, _)| key.kind == Kind::Audio).map(|(key, slot)| (key.index, slot))
}
