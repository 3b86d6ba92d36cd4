//! What the control plane is told of video as it changes: slots that are paused, and layers that somebody needs.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::command::Source;
use crate::ids::{ParticipantId, RoomId};
use crate::offer::MAX_LAYERS;

/// For how long a layer stays wanted after nobody needs it any more. Starting a layer again costs the publisher a keyframe and
/// the receiver a second, so what changes often must not stop it; sending it in vain costs the publisher's bandwidth.
const LINGER: Duration = Duration::from_secs(3);

/// The paused slots of a room, and what is wanted of its cameras and screens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomVideo {
    /// The room.
    pub room: RoomId,
    /// The video slots that carry nothing for want of bandwidth.
    pub paused: Vec<PausedSlot>,
    /// All cameras and screens that are published.
    pub wanted: Vec<WantedLayers>,
}

/// A video slot that carries nothing for want of bandwidth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PausedSlot {
    /// Whose slot it is.
    pub participant: ParticipantId,
    /// Its place among the video slots.
    pub index: u16,
}

/// How much of a camera or screen somebody needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedLayers {
    /// Whose it is.
    pub participant: ParticipantId,
    /// The camera or the screen.
    pub source: Source,
    /// How many layers from the lowest up.
    pub layers: u8,
}

/// Remembers which layers of a publication were needed of late.
#[derive(Debug)]
pub(crate) struct Demand([LayerDemand; MAX_LAYERS]);

#[derive(Debug, Clone, Copy)]
struct LayerDemand {
    /// When it was needed last.
    needed: Instant,
    /// Since when it has been wanted without a pause.
    since: Instant,
}

impl LayerDemand {
    fn is_wanted(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.needed) < LINGER
    }
}

impl Demand {
    /// Of a publication that begins now. Who will need it is about to be said, so it starts as needed.
    pub(crate) fn new(now: Instant) -> Self {
        Self([LayerDemand { needed: now, since: now }; MAX_LAYERS])
    }

    /// Somebody needs this many layers now.
    pub(crate) fn note(&mut self, layers: usize, now: Instant) {
        for layer in self.0.iter_mut().take(layers) {
            if !layer.is_wanted(now) {
                layer.since = now;
            }
            layer.needed = now;
        }
    }

    /// How many layers are wanted, of as many as there are.
    pub(crate) fn wanted(&self, layers: usize, now: Instant) -> u8 {
        self.0.iter().take(layers).take_while(|layer| layer.is_wanted(now)).count() as u8
    }

    /// For how long a layer has been wanted.
    pub(crate) fn wanted_for(&self, layer: usize, now: Instant) -> Duration {
        let layer = self.0.get(layer).filter(|layer| layer.is_wanted(now));
        layer.map_or(Duration::ZERO, |layer| now.saturating_duration_since(layer.since))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_wanted_at_once_and_for_a_while_after() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut demand = Demand::new(start);
        assert_eq!(demand.wanted(3, start), 3, "nobody has said yet who needs it");
        demand.note(1, start + second);
        assert_eq!(demand.wanted(3, start + 3 * second), 1);
        assert_eq!(demand.wanted(3, start + 4 * second), 0);
        demand.note(3, start + 5 * second);
        assert_eq!(demand.wanted(3, start + 5 * second), 3);
        assert_eq!(demand.wanted(1, start + 5 * second), 1, "there is only one");
        demand.note(2, start + 6 * second);
        assert_eq!(demand.wanted(3, start + 8 * second), 2);
        demand.note(2, start + 8 * second);
        demand.note(2, start + 9 * second);
        demand.note(3, start + 9 * second);
        assert_eq!(demand.wanted_for(0, start + 10 * second), 5 * second);
        assert_eq!(demand.wanted_for(2, start + 10 * second), second, "it was not wanted in between");
    }
}
