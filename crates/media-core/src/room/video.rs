//! What a room does with video: bandwidth is handed out to slots, publishers are told which layers are needed, and the
//! control plane hears of both.

use std::time::{Duration, Instant};

use super::{Effects, Room, check_index};
use crate::allocation::{Bandwidth, Given};
use crate::command::{CommandError, Kind, Source};
use crate::ids::{ParticipantId, ParticipantKey, PublicationKey};
use crate::slot::{Preference, SlotKey};
use crate::transport::Transport;
use crate::video::{PausedSlot, RoomVideo, WantedLayers};

/// How often bandwidth is handed out again without anybody asking: what layers cost and which of them arrive changes by
/// itself. What changes otherwise is followed at once.
const ALLOCATION_INTERVAL: Duration = Duration::from_millis(200);

/// What is kept for each audio slot at least, in bits per second: Opus as browsers send it, with headers. Audio is not
/// paused for video, whatever the estimate says.
const AUDIO_RESERVE: u64 = 48_000;

/// Headers of a packet of video, as a share of its payload of about 1,100 bytes: IP, UDP, RTP, extensions, authentication.
const OVERHEAD: f64 = 0.07;

/// Smaller changes of what is desired, as a share of it, are not worth saying.
const DESIRE_STEP: f64 = 0.05;

impl Room {
    /// Says how a client shows a video slot.
    pub(crate) fn prefer_slot(
        &mut self,
        participant: &ParticipantId,
        index: u16,
        preference: Preference,
        fx: &mut Effects<'_>,
    ) -> Result<(), CommandError> {
        check_index(index)?;
        let receiver = self.participant_key(participant);
        let key = SlotKey { kind: Kind::Video, index };
        let slot = self.participants.get_mut(&receiver).map(|participant| participant.slots.entry(key).or_default());
        if let Some(slot) = slot {
            slot.preference = Some(preference);
        }
        self.reallocate(receiver);
        self.settle(fx);
        Ok(())
    }

    /// When bandwidth is handed out the next time without anybody asking.
    pub(super) fn allocation_due(&self) -> Option<Instant> {
        let is_shown = self.publications.values().any(|each| each.is_video() && !each.subscribers.is_empty());
        is_shown.then_some(self.next_allocation)
    }

    /// Hands out the bandwidth of everybody anew, if it is time.
    pub(super) fn allocate_if_due(&mut self, now: Instant) {
        if self.allocation_due().is_some_and(|due| due <= now) {
            self.next_allocation = now + ALLOCATION_INTERVAL;
            self.stale_allocations.extend(self.participants.keys());
        }
    }

    /// Lets a receiver's bandwidth be handed out anew before this step ends.
    pub(super) fn reallocate(&mut self, receiver: ParticipantKey) {
        self.stale_allocations.insert(receiver);
    }

    /// Hands out a receiver's bandwidth to its video slots.
    pub(super) fn allocate(&mut self, receiver: ParticipantKey, fx: &mut Effects<'_>) {
        let Some(participant) = self.participants.get_mut(&receiver) else {
            return;
        };
        let (mut shown, mut wants, mut reserved) = (Vec::new(), Vec::new(), 0);
        for (key, slot) in &mut participant.slots {
            let is_offered = participant.transport.as_ref().is_none_or(|transport| transport.offers(*key));
            let Some((id, publication)) = slot.publication.and_then(|id| Some((id, self.publications.get_mut(&id)?)))
            else {
                continue;
            };
            match key.kind {
                Kind::Audio => reserved += AUDIO_RESERVE.max(publication.cost(fx.now)),
                Kind::Video if is_offered && slot.is_shown() => {
                    let mut want = publication.want(slot.preference, slot.given, fx.load, fx.now);
                    want.costs.iter_mut().for_each(|cost| *cost += (*cost as f64 * OVERHEAD) as u64);
                    wants.push(want);
                    shown.push((*key, id));
                }
                Kind::Video => {
                    slot.given = Given::New;
                    slot.aim(None);
                }
            }
        }
        let bandwidth = participant.transport.as_ref().map_or(Bandwidth::Assumed(u64::MAX), Transport::bandwidth);
        let carried = participant.transport.as_ref().map_or(0, Transport::carried);
        let allocation = participant.allocator.allocate(bandwidth, carried, reserved, &wants, fx.now);
        for ((slot, publication), layer) in shown.into_iter().zip(allocation.layers) {
            self.give(receiver, slot, publication, layer, fx.now);
        }
        if let Some(estimate) = allocation.look {
            self.on_transport(receiver, fx, |transport, now, out| transport.look(estimate, now, out));
            self.participants.get_mut(&receiver).into_iter().for_each(|participant| participant.desired = 0);
        }
        self.desire(receiver, allocation.desired, fx);
    }

    /// Lets a slot forward a layer of its publication, or what arrives in its place, or nothing.
    fn give(
        &mut self,
        receiver: ParticipantKey,
        slot: SlotKey,
        publication: PublicationKey,
        layer: Option<usize>,
        now: Instant,
    ) {
        let slot = self.participants.get_mut(&receiver).and_then(|participant| participant.slots.get_mut(&slot));
        let (Some(slot), Some(shown)) = (slot, self.publications.get_mut(&publication)) else {
            return;
        };
        slot.given = layer.map_or(Given::Paused, Given::Layer);
        shown.demand.note(slot.given.needed(), now);
        let current = slot.current().filter(|current| shown.is_live(*current, now));
        let target = layer.map(|layer| match (current, shown.nearest_live(layer, now)) {
            // Better than what is shown, although not the best: that may never come.
            (Some(current), nearest) if current < nearest && nearest < layer => nearest,
            // While something is shown there is time to wait for what was started only now.
            (Some(_), _) => layer,
            (None, nearest) => nearest,
        });
        if slot.aim(target)
            && let Some(target) = target
        {
            self.want_keyframe(publication, target);
        }
    }

    fn desire(&mut self, receiver: ParticipantKey, desired: u64, fx: &mut Effects<'_>) {
        let Some(participant) = self.participants.get_mut(&receiver) else {
            return;
        };
        let before = participant.desired;
        if before.abs_diff(desired) as f64 > before as f64 * DESIRE_STEP {
            participant.desired = desired;
            self.on_transport(receiver, fx, |transport, now, out| transport.desire(desired, now, out));
        }
    }

    /// Learns what a publisher calls its layers.
    pub(super) fn note_layers(&mut self, publisher: ParticipantKey) {
        let Some(participant) = self.participants.get(&publisher) else {
            return;
        };
        let Some(transport) = &participant.transport else {
            return;
        };
        let mut changed = Vec::new();
        for source in [Source::Camera, Source::Screen] {
            let publication = participant.publication(source).and_then(|key| self.publications.get_mut(&key));
            if let Some(publication) = publication
                && publication.set_layers(transport.rids(source))
            {
                changed.extend(publication.subscribers.iter().copied());
            }
        }
        for (receiver, slot) in changed {
            if let Some(slot) = self.participants.get_mut(&receiver).and_then(|p| p.slots.get_mut(&slot)) {
                slot.given = Given::New;
                slot.restart();
            }
            self.reallocate(receiver);
        }
    }

    /// What is paused and wanted, if that is not what was said last; then it counts as said.
    pub(crate) fn take_changed_video(&mut self, now: Instant) -> Option<RoomVideo> {
        let (mut paused, mut wanted) = (Vec::new(), Vec::new());
        for participant in self.participants.values() {
            let slots = participant.slots.iter().filter(|(_, slot)| slot.is_paused());
            paused.extend(slots.map(|(key, _)| PausedSlot { participant: participant.id.clone(), index: key.index }));
            for source in [Source::Camera, Source::Screen] {
                let publication = participant.publication(source).and_then(|key| self.publications.get(&key));
                if let Some(publication) = publication {
                    let layers = publication.demand.wanted(publication.layers.len(), now);
                    wanted.push(WantedLayers { participant: participant.id.clone(), source, layers });
                }
            }
        }
        let video = RoomVideo { room: self.id.clone(), paused, wanted };
        let nothing_yet = self.said_video.is_none() && video.wanted.is_empty();
        if nothing_yet || self.said_video.as_ref() == Some(&video) {
            return None;
        }
        self.said_video.insert(video).clone().into()
    }
}
