//! The way of a packet from a publication to the slots that carry it, and of the requests for keyframes back.

use std::time::Instant;

use super::{Effects, Room};
use crate::command::{Kind, Source};
use crate::egress::ForwardedPacket;
use crate::fact::{CloseReason, Fact};
use crate::ids::{ParticipantKey, PublicationKey, TransportKey};
use crate::origin::Origin;
use crate::slot::{SlotKey, Verdict};
use crate::transport::{MediaPacket, Outputs, Transport, TransportEvent};

impl Room {
    /// Handles what transports have told until nothing is left, then hands out the bandwidth anew where that is needed, then
    /// asks for the keyframes that are due.
    pub(super) fn settle(&mut self, fx: &mut Effects<'_>) {
        loop {
            while let Some((participant, event)) = self.events.pop_front() {
                match event {
                    TransportEvent::Packet(packet) => self.forward(participant, &packet, fx),
                    TransportEvent::Connected => self.on_connected(participant, fx),
                    TransportEvent::Resumed => self.restart_slots(participant),
                    TransportEvent::Heard => self.refresh_pictures(participant),
                    TransportEvent::KeyframeWanted(slot) => self.want_keyframe_in(participant, slot),
                    TransportEvent::Estimated => self.reallocate(participant),
                    TransportEvent::Closed(reason) => self.on_closed(participant, reason, fx),
                }
            }
            if let Some(receiver) = self.stale_allocations.pop_first() {
                self.allocate(receiver, fx);
                continue;
            }
            let due = self.keyframes_wanted.iter().copied().find(|(publication, layer)| {
                let layer = self.publications.get(publication).and_then(|publication| publication.layers.get(*layer));
                layer.is_none_or(|layer| layer.keyframes.due(fx.now).is_none_or(|due| due <= fx.now))
            });
            match due {
                Some((publication, layer)) => self.send_keyframe_request(publication, layer, fx),
                None => return,
            }
        }
    }

    /// The way of a packet: from a source to all slots that carry its publication.
    fn forward(&mut self, publisher: ParticipantKey, media: &MediaPacket, fx: &mut Effects<'_>) {
        let MediaPacket { origin: Origin { source, layer, codec }, packet, captured } = media;
        let (source, layer, codec) = (*source, *layer, *codec);
        let Some(participant) = self.participants.get_mut(&publisher) else {
            return;
        };
        if source == Source::Microphone {
            participant.presence.note_sound(fx.now);
        }
        let key = participant.publication(source);
        let Some((key, publication)) = key.and_then(|key| Some((key, self.publications.get_mut(&key)?))) else {
            return;
        };
        let Some(arrival) = publication.layers.get_mut(layer).and_then(|layer| layer.receive(packet, codec, fx.now))
        else {
            return;
        };
        if !publication.started {
            publication.started = true;
            let (room, publication) = (self.id.clone(), publication.id.clone());
            fx.facts.record(Fact::PublicationStarted { room, publication });
        }
        if let (Source::Microphone, Some(loudness)) = (source, packet.header.ext_vals.audio_level) {
            self.note_loudness(key, loudness, fx.now);
        }
        let Some(publication) = self.publications.get(&key) else {
            return;
        };
        let (kind, number) = (source.kind(), publication.number);
        // Browsers would find out by themselves, after three seconds.
        let mut keyframe_wanted = arrival.after_outage && !arrival.starts_keyframe;
        for (receiver, slot_key) in &publication.subscribers {
            let Some(participant) = self.participants.get_mut(receiver) else {
                continue;
            };
            let (Some(transport), Some(slot)) = (&mut participant.transport, participant.slots.get_mut(slot_key))
            else {
                continue;
            };
            if !slot.is_shown() || !transport.can_send(*slot_key) {
                slot.restart();
                continue;
            }
            if !transport.takes(*slot_key, codec) {
                if slot.miss(codec) {
                    let (room, participant, slot) = (&self.id, &participant.id, slot_key);
                    tracing::info!(%room, %participant, %slot, %codec, "the receiver has not negotiated the codec");
                }
                continue;
            }
            let starts = match slot.judge(kind, layer, arrival) {
                Verdict::Continue => false,
                Verdict::Start => true,
                Verdict::Skip => continue,
                Verdict::NeedsKeyframe => {
                    keyframe_wanted = true;
                    continue;
                }
            };
            let forwarded = ForwardedPacket { packet, codec, number, starts, wallclock: *captured };
            let mut out = Outputs { datagrams: fx.datagrams, events: &mut self.scratch };
            if transport.send(*slot_key, &forwarded, fx.now, &mut out) {
                slot.packets_sent += 1;
                self.unsent.insert(*receiver);
            } else if starts {
                slot.restart();
            }
            self.events.extend(self.scratch.drain(..).map(|event| (*receiver, event)));
        }
        if keyframe_wanted {
            self.want_keyframe(key, layer);
        }
    }

    /// Lets all transports send what was forwarded to them.
    pub(crate) fn flush(&mut self, fx: &mut Effects<'_>) {
        while let Some(receiver) = self.unsent.pop_first() {
            self.on_transport(receiver, fx, Transport::flush);
        }
        self.settle(fx);
    }

    /// Whether something was forwarded that no transport has sent yet.
    pub(crate) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    fn on_connected(&mut self, participant: ParticipantKey, fx: &mut Effects<'_>) {
        if let Some(participant) = self.participants.get_mut(&participant) {
            participant.presence.note_connected();
        }
        if let Some((participant, transport)) =
            self.participants.get(&participant).and_then(|p| Some((p.id.clone(), p.transport.as_ref()?)))
        {
            let (transport, after_ms) = (transport.id.clone(), transport.connected_after_ms());
            tracing::info!(room = %self.id, %participant, %transport, after_ms, "transport connected");
            fx.facts.record(Fact::TransportConnected { room: self.id.clone(), participant, transport });
        }
        self.restart_slots(participant);
        self.reallocate(participant);
    }

    fn on_closed(&mut self, key: ParticipantKey, reason: CloseReason, fx: &mut Effects<'_>) {
        let Some(participant) = self.participants.get(&key) else {
            return;
        };
        if let Some(transport) = &participant.transport {
            let (room, participant_id, id) = (&self.id, &participant.id, &transport.id);
            tracing::info!(%room, participant = %participant_id, transport = %id, ?reason, "transport closed");
            fx.faults.transports += u64::from(reason == CloseReason::Fault);
            fx.routes.forget(TransportKey { room: self.key, participant: key, serial: transport.serial });
            fx.facts.record(Fact::TransportClosed {
                room: self.id.clone(),
                participant: participant.id.clone(),
                transport: transport.id.clone(),
                reason,
            });
        }
        self.end_streams(key, fx.now);
    }

    /// Asks for keyframes of what a participant sees and of what others see of it. They would ask themselves, but browsers
    /// wait up to three seconds for what is lost.
    fn refresh_pictures(&mut self, key: ParticipantKey) {
        let Some(participant) = self.participants.get(&key) else {
            return;
        };
        let seen = participant.slots.keys().map(|slot| (key, *slot));
        let shown = participant.publications().filter_map(|publication| self.publications.get(&publication));
        let shown = shown.flat_map(|publication| publication.subscribers.iter().copied());
        for (receiver, slot) in seen.chain(shown).collect::<Vec<_>>() {
            self.want_keyframe_in(receiver, slot);
        }
    }

    fn send_keyframe_request(&mut self, key: PublicationKey, layer: usize, fx: &mut Effects<'_>) {
        self.keyframes_wanted.remove(&(key, layer));
        let Some(publication) = self.publications.get(&key) else {
            return;
        };
        let (publisher, source) = (publication.publisher, publication.source);
        let sent = self
            .on_transport(publisher, fx, |transport, now, out| transport.request_keyframe(source, layer, now, out))
            .unwrap_or(false);
        if let Some(layer) = self.publications.get_mut(&key).and_then(|publication| publication.layers.get_mut(layer)) {
            layer.keyframes.done(fx.now, sent);
        }
    }

    pub(super) fn want_keyframe(&mut self, key: PublicationKey, layer: usize) {
        let publication = self.publications.get_mut(&key).filter(|publication| publication.is_video());
        if let Some(wanted) = publication.and_then(|publication| publication.layers.get_mut(layer)) {
            wanted.keyframes.want();
            self.keyframes_wanted.insert((key, layer));
        }
    }

    /// Asks for a keyframe of what a slot shows, and of what it shall show, which may stay away.
    fn want_keyframe_in(&mut self, participant: ParticipantKey, slot: SlotKey) {
        let Some(slot) = self.participants.get(&participant).and_then(|p| p.slots.get(&slot)) else {
            return;
        };
        if let (Some(publication), layers) = (slot.publication, [slot.current(), slot.target()]) {
            layers.into_iter().flatten().for_each(|layer| self.want_keyframe(publication, layer));
        }
    }

    /// Lets a slot carry a publication, or nothing.
    pub(super) fn show(&mut self, receiver: ParticipantKey, slot: SlotKey, publication: Option<PublicationKey>) {
        let Some(participant) = self.participants.get_mut(&receiver) else {
            return;
        };
        let entry = participant.slots.entry(slot).or_default();
        let before = entry.publication;
        if !entry.map(publication) {
            return;
        }
        if let Some(before) = before.and_then(|key| self.publications.get_mut(&key)) {
            before.subscribers.retain(|subscriber| *subscriber != (receiver, slot));
        }
        if let Some(after) = publication.and_then(|key| self.publications.get_mut(&key)) {
            after.subscribers.push((receiver, slot));
        }
        self.want_keyframe_in(receiver, slot);
        if slot.kind == Kind::Video {
            self.reallocate(receiver);
        }
    }

    fn restart_slots(&mut self, participant: ParticipantKey) {
        let slots: Vec<SlotKey> =
            self.participants.get(&participant).map(|p| p.slots.keys().copied().collect()).unwrap_or_default();
        for slot in slots {
            self.restart_slot(participant, slot);
        }
    }

    pub(super) fn restart_slot(&mut self, participant: ParticipantKey, slot: SlotKey) {
        if let Some(slot) = self.participants.get_mut(&participant).and_then(|p| p.slots.get_mut(&slot)) {
            slot.restart();
        }
        self.want_keyframe_in(participant, slot);
    }

    pub(super) fn end_publication(&mut self, key: PublicationKey, now: Instant) {
        let Some(publication) = self.publications.remove(&key) else {
            return;
        };
        self.publication_names.remove(&publication.id);
        self.packets_lost_before += publication.packets_lost();
        self.keyframes_wanted.retain(|(publication, _)| *publication != key);
        for (receiver, slot) in publication.subscribers {
            self.stale_allocations.insert(receiver);
            if let Some(slot) = self.participants.get_mut(&receiver).and_then(|p| p.slots.get_mut(&slot)) {
                slot.map(None);
            }
        }
        if let Some(publisher) = self.participants.get_mut(&publication.publisher)
            && publisher.publication(publication.source) == Some(key)
        {
            publisher.set_publication(publication.source, None);
        }
        if publication.source == Source::Microphone {
            self.loudest.remove(key, now);
            self.choose_loudest(now);
        }
    }

    pub(super) fn end_streams(&mut self, key: ParticipantKey, now: Instant) {
        let Some(participant) = self.participants.get(&key) else {
            return;
        };
        for publication in participant.publications() {
            if let Some(publication) = self.publications.get_mut(&publication) {
                publication.end_streams(now);
            }
        }
    }
}
