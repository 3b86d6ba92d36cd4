//! A slot: where a participant receives a publication, and the forwarder that decides from which packet on.

use std::fmt;

use crate::allocation::Given;
use crate::codec::Codec;
use crate::command::Kind;
use crate::ids::PublicationKey;
use crate::layer::Arrival;

/// A slot's name within its participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotKey {
    /// Audio and video slots are counted apart.
    pub kind: Kind,
    /// The slot's place among those of its kind.
    pub index: u16,
}

impl fmt::Display for SlotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Audio => "audio",
            Kind::Video => "video",
        };
        write!(f, "{kind}-slot-{}", self.index)
    }
}

/// How a client shows a video slot, in pixels of its device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preference {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) pinned: bool,
}

/// What the forwarder says of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is forwarded, and the receiver knows what came before it.
    Continue,
    /// It is forwarded, and begins something new.
    Start,
    /// It is of no use to the receiver before a keyframe.
    NeedsKeyframe,
    /// The slot shows another layer, or nothing.
    Skip,
}

/// A slot and its forwarder.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub(crate) publication: Option<PublicationKey>,
    /// Whether it carries what is chosen for it by loudness, and not what it was told.
    pub(crate) loudest: bool,
    pub(crate) packets_sent: u64,
    /// How the client shows it, if it has said so.
    pub(crate) preference: Option<Preference>,
    /// What it was given of the bandwidth, if it is for video.
    pub(crate) given: Given,
    /// The layer that shall be forwarded; none while it is paused or hidden.
    target: Option<usize>,
    /// The layer of which the receiver can go on decoding from the next packet.
    current: Option<usize>,
    /// The publication's codec, once it was found that the receiver does not have it.
    missing: Option<Codec>,
}

impl Slot {
    /// Shows another publication, or none. False if it was mapped so already.
    pub(crate) fn map(&mut self, publication: Option<PublicationKey>) -> bool {
        if self.publication == publication {
            return false;
        }
        self.publication = publication;
        self.given = Given::New;
        self.current = None;
        self.target = Some(0);
        self.missing = None;
        true
    }

    /// Whether the client shows it.
    pub(crate) fn is_shown(&self) -> bool {
        self.preference.is_none_or(|preference| preference.width > 0 && preference.height > 0)
    }

    /// Whether nothing is forwarded for want of bandwidth.
    pub(crate) fn is_paused(&self) -> bool {
        self.publication.is_some() && self.given == Given::Paused
    }

    /// Makes the next packet a new beginning: the publication's stream or the receiver's transport is another one.
    pub(crate) fn restart(&mut self) {
        self.current = None;
    }

    /// Lets it forward this layer from its next keyframe on, and until then go on with the one before; or nothing. True if
    /// a keyframe is needed.
    pub(crate) fn aim(&mut self, target: Option<usize>) -> bool {
        let is_news = self.target != target;
        self.target = target;
        if target.is_none() {
            self.current = None;
        }
        is_news && target.is_some() && self.current != target
    }

    /// The layer that shall be forwarded.
    pub(crate) fn target(&self) -> Option<usize> {
        self.target
    }

    /// The layer that is forwarded.
    pub(crate) fn current(&self) -> Option<usize> {
        self.current
    }

    /// Leaves a packet out because the receiver has not negotiated its codec. True the first time.
    pub(crate) fn miss(&mut self, codec: Codec) -> bool {
        self.current = None;
        self.missing.replace(codec) != Some(codec)
    }

    /// Judges a packet of a layer of the slot's publication.
    pub(crate) fn judge(&mut self, kind: Kind, layer: usize, arrival: Arrival) -> Verdict {
        if arrival.restarted && self.current == Some(layer) {
            self.current = None;
        }
        if self.current == Some(layer) {
            return Verdict::Continue;
        }
        if self.target != Some(layer) {
            return Verdict::Skip;
        }
        // A keyframe whose first packet arrives late is no beginning: what follows it was already not forwarded.
        let begins = arrival.newest && (kind == Kind::Audio || arrival.starts_keyframe);
        if !begins {
            return Verdict::NeedsKeyframe;
        }
        self.current = Some(layer);
        Verdict::Start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERFRAME: Arrival = Arrival { newest: true, starts_keyframe: false, restarted: false, after_outage: false };
    const KEYFRAME: Arrival = Arrival { newest: true, starts_keyframe: true, restarted: false, after_outage: false };

    #[test]
    fn video_begins_with_a_keyframe() {
        let mut slot = Slot::default();
        slot.map(Some(PublicationKey(1)));
        assert_eq!(slot.judge(Kind::Video, 0, INTERFRAME), Verdict::NeedsKeyframe);
        assert_eq!(slot.judge(Kind::Video, 0, Arrival { newest: false, ..KEYFRAME }), Verdict::NeedsKeyframe);
        assert_eq!(slot.judge(Kind::Video, 0, KEYFRAME), Verdict::Start);
        assert_eq!(slot.judge(Kind::Video, 0, INTERFRAME), Verdict::Continue);
        assert_eq!(slot.judge(Kind::Video, 0, Arrival { restarted: true, ..INTERFRAME }), Verdict::NeedsKeyframe);
    }

    #[test]
    fn audio_begins_with_any_packet() {
        let mut slot = Slot::default();
        slot.map(Some(PublicationKey(1)));
        assert_eq!(slot.judge(Kind::Audio, 0, INTERFRAME), Verdict::Start);
        assert_eq!(slot.judge(Kind::Audio, 0, INTERFRAME), Verdict::Continue);
    }

    #[test]
    fn a_missing_codec_is_told_once_and_after_it_comes_a_keyframe() {
        let mut slot = Slot::default();
        slot.map(Some(PublicationKey(1)));
        slot.judge(Kind::Video, 0, KEYFRAME);
        assert!(slot.miss(Codec::H264));
        assert!(!slot.miss(Codec::H264));
        assert_eq!(slot.judge(Kind::Video, 0, INTERFRAME), Verdict::NeedsKeyframe);
        slot.map(Some(PublicationKey(2)));
        assert!(slot.miss(Codec::H264), "another publication");
    }

    #[test]
    fn mapping_the_same_publication_again_changes_nothing() {
        let mut slot = Slot::default();
        assert!(slot.map(Some(PublicationKey(1))));
        slot.judge(Kind::Video, 0, KEYFRAME);
        assert!(!slot.map(Some(PublicationKey(1))));
        assert_eq!(slot.judge(Kind::Video, 0, INTERFRAME), Verdict::Continue);
        assert!(slot.map(Some(PublicationKey(2))));
        assert_eq!(slot.judge(Kind::Video, 0, INTERFRAME), Verdict::NeedsKeyframe);
    }

    #[test]
    fn the_layer_before_goes_on_until_the_keyframe_of_the_next() {
        let mut slot = Slot::default();
        slot.map(Some(PublicationKey(1)));
        assert_eq!(slot.judge(Kind::Video, 0, KEYFRAME), Verdict::Start);
        assert!(slot.aim(Some(2)));
        assert!(!slot.aim(Some(2)), "once is enough");
        assert_eq!(slot.judge(Kind::Video, 0, INTERFRAME), Verdict::Continue);
        assert_eq!(slot.judge(Kind::Video, 1, KEYFRAME), Verdict::Skip);
        assert_eq!(slot.judge(Kind::Video, 2, INTERFRAME), Verdict::NeedsKeyframe);
        assert_eq!(slot.judge(Kind::Video, 2, KEYFRAME), Verdict::Start);
        assert_eq!(slot.judge(Kind::Video, 0, KEYFRAME), Verdict::Skip, "late");
        assert_eq!(slot.judge(Kind::Video, 2, INTERFRAME), Verdict::Continue);
        assert!(!slot.aim(None));
        assert_eq!(slot.judge(Kind::Video, 2, KEYFRAME), Verdict::Skip);
        assert!(slot.aim(Some(2)));
        assert_eq!(slot.judge(Kind::Video, 2, INTERFRAME), Verdict::NeedsKeyframe);
    }
}
