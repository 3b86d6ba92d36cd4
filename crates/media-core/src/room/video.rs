//! What the control plane hears of a room's video.

use std::time::Instant;

use crate::command::Source;
use crate::slot::Slot;
use crate::video::{RoomVideo, WantedLayers};

use super::Room;

impl Room {
    /// What is paused and wanted, if that is not what was said last; then it counts as said.
    pub(crate) fn take_changed_video(&mut self, now: Instant) -> Option<RoomVideo> {
        let mut wanted = Vec::new();
        for participant in self.participants.values() {
            for source in [Source::Camera, Source::Screen] {
                let publication = participant.publication(source).and_then(|key| self.publications.get_mut(&key));
                let Some(publication) = publication else {
                    continue;
                };
                let layers = participant.transport.as_ref().map_or(1, |transport| transport.layer_count(source)) as u8;
                let is_shown = publication.subscribers.iter().any(|(receiver, slot)| {
                    self.participants.get(receiver).and_then(|p| p.slots.get(slot)).is_some_and(Slot::is_shown)
                });
                publication.demand.note(if is_shown { layers } else { 0 }, now);
                let layers = publication.demand.wanted(layers, now);
                wanted.push(WantedLayers { participant: participant.id.clone(), source, layers });
            }
        }
        let video = RoomVideo { room: self.id.clone(), paused: Vec::new(), wanted };
        let nothing_yet = self.said_video.is_none() && video.wanted.is_empty();
        if nothing_yet || self.said_video.as_ref() == Some(&video) {
            return None;
        }
        self.said_video.insert(video).clone().into()
    }
}
