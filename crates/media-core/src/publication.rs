//! A publication: what arrives from one source of a participant, in one layer or several, and who gets it.

use std::time::{Duration, Instant};

use crate::allocation::{Given, Want};
use crate::command::{Kind, Source};
use crate::ids::{ParticipantKey, PublicationId};
use crate::layer::Layer;
use crate::load::Load;
use crate::slot::{Preference, SlotKey};
use crate::snapshot::PublicationSnapshot;
use crate::video::Demand;

/// What the lowest layer is taken to cost before it has arrived, in bits per second: what browsers send of 320×180.
const ASSUMED_COST: u64 = 150_000;

/// How much more a layer is taken to cost than the one below it before it has arrived: four times the pixels, which
/// compress a little better.
const ASSUMED_RATIO: f64 = 3.5;

/// Width and height of the highest layer before a keyframe has told.
const ASSUMED_SIZE: (u16, u16) = (1280, 720);

/// How much larger than a layer a client may show it before the next one is chosen. Without it a tile that is a pixel
/// wider than a layer would cost four times as much, and nobody sees the difference.
const STRETCH: f64 = 1.25;

/// How long a layer may stay away after it was wanted before it counts as one that the publisher cannot send. Starting an
/// encoder takes a round trip through the control plane, and about a second.
const START_TIME: Duration = Duration::from_secs(3);

/// A publication.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) id: PublicationId,
    pub(crate) number: u32,
    pub(crate) source: Source,
    pub(crate) publisher: ParticipantKey,
    pub(crate) subscribers: Vec<(ParticipantKey, SlotKey)>,
    pub(crate) started: bool,
    /// From the lowest up; at least one.
    pub(crate) layers: Vec<Layer>,
    /// Which layers are needed, if it is video.
    pub(crate) demand: Demand,
}

impl Publication {
    pub(crate) fn new(id: PublicationId, number: u32, source: Source, publisher: ParticipantKey, now: Instant) -> Self {
        Self {
            id,
            number,
            source,
            publisher,
            subscribers: Vec::new(),
            started: false,
            layers: vec![Layer::new(None)],
            demand: Demand::new(now),
        }
    }

    /// The publisher has said what its layers are called, from the lowest up; none without simulcast. True if that is
    /// news.
    pub(crate) fn set_layers(&mut self, rids: &[String]) -> bool {
        if rids.iter().map(Some).eq(self.layers.iter().filter_map(|layer| layer.rid.as_ref()).map(Some)) {
            return false;
        }
        self.layers = rids.iter().map(|rid| Layer::new(Some(rid.clone()))).collect();
        if self.layers.is_empty() {
            self.layers.push(Layer::new(None));
        }
        true
    }

    /// The publisher's transport is another one: whatever arrives next are new streams.
    pub(crate) fn end_streams(&mut self, now: Instant) {
        self.layers.iter_mut().for_each(|layer| layer.end_stream(now));
    }

    /// What a slot can show of it under this load, and what each layer costs.
    pub(crate) fn want(&mut self, preference: Option<Preference>, given: Given, load: Load, now: Instant) -> Want {
        let pinned = preference.is_some_and(|preference| preference.pinned);
        let screen = self.source == Source::Screen;
        let useful = preference.map_or(self.layers.len(), |preference| self.useful_layers(preference));
        let useful = useful.min(load.allowed_layers(self.layers.len(), pinned || screen));
        let any_live = self.layers.iter().any(|layer| layer.is_live(now));
        let mut costs: Vec<u64> = Vec::with_capacity(useful);
        for (index, layer) in self.layers.iter_mut().enumerate().take(useful) {
            let below = costs.last().copied();
            let assumed = below.map_or(ASSUMED_COST, |below| (below as f64 * ASSUMED_RATIO) as u64);
            let is_missing = any_live && !layer.is_live(now) && self.demand.wanted_for(index, now) >= START_TIME;
            // What does not come although it is wanted costs no more than what is shown in its place.
            let cost = if is_missing { below.unwrap_or(0) } else { layer.cost(now).unwrap_or(assumed) };
            costs.push(cost.max(below.unwrap_or(0)));
        }
        Want { pinned, screen, costs, given }
    }

    /// What its highest layer costs to forward, in bits per second, as far as that is known.
    pub(crate) fn cost(&mut self, now: Instant) -> u64 {
        self.layers.last_mut().and_then(|layer| layer.cost(now)).unwrap_or(0)
    }

    /// Which layer to forward when this one shall be: itself, or what arrives in its place.
    pub(crate) fn nearest_live(&self, wanted: usize, now: Instant) -> usize {
        let is_live = |index: &usize| self.is_live(*index, now);
        let below = (0..=wanted).rev().find(is_live);
        below.or_else(|| (wanted..self.layers.len()).find(is_live)).unwrap_or(wanted).min(self.layers.len() - 1)
    }

    /// Whether a layer arrives at the moment.
    pub(crate) fn is_live(&self, layer: usize, now: Instant) -> bool {
        self.layers.get(layer).is_some_and(|layer| layer.is_live(now))
    }

    /// How many layers, from the lowest up, are of use to a client that shows the picture in this size.
    fn useful_layers(&self, preference: Preference) -> usize {
        let is_small = |index: usize| {
            let (width, height) = self.size(index);
            let stretch = f64::min(
                f64::from(preference.width) / f64::from(width.max(1)),
                f64::from(preference.height) / f64::from(height.max(1)),
            );
            stretch > STRETCH
        };
        (0..self.layers.len()).take_while(|index| is_small(*index)).count().saturating_add(1).min(self.layers.len())
    }

    /// Width and height of a layer: as its keyframes say, or by another layer's and the usual ratio of 4:2:1.
    fn size(&self, index: usize) -> (u16, u16) {
        let known = |layer: usize| self.layers.get(layer).and_then(|layer| layer.size);
        let of = |from: usize, (width, height): (u16, u16)| {
            if from >= index {
                (width >> (from - index), height >> (from - index))
            } else {
                (width.saturating_mul(1 << (index - from)), height.saturating_mul(1 << (index - from)))
            }
        };
        let highest = self.layers.len() - 1;
        known(index)
            .or_else(|| (0..=highest).rev().find_map(|layer| Some(of(layer, known(layer)?))))
            .unwrap_or_else(|| of(highest, ASSUMED_SIZE))
    }

    pub(crate) fn snapshot(&self, now: Instant) -> PublicationSnapshot {
        let sum = |of: fn(&Layer) -> u64| self.layers.iter().map(of).sum();
        PublicationSnapshot {
            publication: self.id.clone(),
            number: self.number,
            source: self.source,
            started: self.started,
            packets_received: sum(Layer::packets_received),
            packets_lost: self.packets_lost(),
            keyframe_requests: sum(|layer| layer.keyframes.count),
            layers: if self.started {
                self.layers.iter().map(|layer| layer.snapshot(now)).collect()
            } else {
                Vec::new()
            },
        }
    }

    /// Gaps in all layers that are not repaired (yet).
    pub(crate) fn packets_lost(&self) -> u64 {
        self.layers.iter().map(Layer::packets_lost).sum()
    }

    /// Whether it is pictures.
    pub(crate) fn is_video(&self) -> bool {
        self.source.kind() == Kind::Video
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    fn camera(sizes: [Option<(u16, u16)>; 3]) -> Publication {
        let id = PublicationId::try_from("camera").unwrap();
        let mut camera = Publication::new(id, 1, Source::Camera, ParticipantKey(1), Instant::now());
        assert!(camera.set_layers(&["l".into(), "m".into(), "h".into()]));
        for (layer, size) in camera.layers.iter_mut().zip(sizes) {
            layer.size = size;
        }
        camera
    }

    fn shown(width: u16, height: u16) -> Preference {
        Preference { width, height, pinned: false }
    }

    #[test]
    fn a_layer_is_of_use_when_the_one_below_would_be_stretched() {
        for sizes in [[None; 3], [Some((320, 180)), None, None], [None, Some((640, 360)), Some((1280, 720))]] {
            let camera = camera(sizes);
            for (width, height, layers) in [
                (1, 1, 1),
                (320, 180, 1),
                (400, 225, 1),
                (401, 226, 2),
                (640, 180, 1),
                (800, 450, 2),
                (900, 450, 2),
                (1920, 1080, 3),
            ] {
                assert_eq!(camera.useful_layers(shown(width, height)), layers, "{width}x{height}");
            }
        }
    }

    #[test]
    fn names_that_are_the_same_change_nothing() {
        let mut camera = camera([Some((320, 180)), None, None]);
        assert!(!camera.set_layers(&["l".into(), "m".into(), "h".into()]));
        assert_eq!(camera.layers[0].size, Some((320, 180)));
        assert!(camera.set_layers(&[]));
        assert!(!camera.set_layers(&[]));
        assert_eq!(camera.layers.len(), 1);
    }

    #[test]
    fn what_has_not_arrived_is_assumed_to_cost_what_is_usual() {
        let now = Instant::now();
        let want = camera([None; 3]).want(None, Given::New, Load::Normal, now);
        assert_eq!(want.costs, [150_000, 525_000, 1_837_500]);
        assert_eq!(camera([None; 3]).want(Some(shown(320, 180)), Given::New, Load::Normal, now).costs, [150_000]);
        assert_eq!(camera([None; 3]).nearest_live(2, now), 2, "nothing arrives, so nothing is nearer");
    }

    #[test]
    fn load_takes_the_best_layers_and_later_those_of_what_is_pinned() {
        let layers = |load: Load, pinned, source| {
            let mut publication = camera([None; 3]);
            publication.source = source;
            let preference = Preference { pinned, ..shown(1280, 720) };
            publication.want(Some(preference), Given::New, load, Instant::now()).costs.len()
        };
        let all = [(false, Source::Camera), (true, Source::Camera), (false, Source::Screen)];
        let under = |load| all.map(|(pinned, source)| layers(load, pinned, source));
        assert_eq!(under(Load::Normal), [3, 3, 3]);
        assert_eq!(under(Load::Shedding), [2, 3, 3]);
        assert_eq!(under(Load::Refusing), [1, 2, 2]);
        let small = camera([None; 3]).want(Some(shown(320, 180)), Given::New, Load::Shedding, Instant::now());
        assert_eq!(small.costs.len(), 1, "what is small loses nothing more");
    }
}
