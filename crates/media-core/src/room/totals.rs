//! What a room adds to the numbers and snapshots of its worker.

use std::ops::Bound;
use std::time::Instant;

use super::Room;
use crate::ids::{ParticipantId, ParticipantKey};
use crate::publication::Publication;
use crate::snapshot::ParticipantSnapshot;

/// A room in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) participants: u64,
    /// Transports over which media may flow.
    pub(crate) transports: u64,
    /// Media packets of publishers that never arrived, also of publications that have ended.
    pub(crate) packets_lost: u64,
}

impl Room {
    pub(crate) fn totals(&self) -> Totals {
        let lost: u64 = self.publications.values().map(Publication::packets_lost).sum();
        let transports = self.participants.values().filter_map(|participant| participant.transport.as_ref());
        Totals {
            participants: self.participants.len() as u64,
            transports: transports.filter(|transport| transport.is_connected()).count() as u64,
            packets_lost: self.packets_lost_before + lost,
        }
    }

    /// For how many seconds the room has been open.
    pub(crate) fn age_s(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.opened).as_secs()
    }

    /// The participants that came after this one, in the order they came.
    pub(crate) fn participants_after(
        &self,
        after: ParticipantKey,
        now: Instant,
    ) -> impl Iterator<Item = (ParticipantKey, ParticipantSnapshot)> {
        let later = self.participants.range((Bound::Excluded(after), Bound::Unbounded));
        later.map(move |(key, participant)| (*key, self.participant_snapshot(participant, now)))
    }

    /// Whether this participant has had a transport here.
    pub(crate) fn knows(&self, participant: &ParticipantId) -> bool {
        let key = self.participant_names.get(participant);
        key.and_then(|key| self.participants.get(key)).is_some_and(|participant| participant.transport.is_some())
    }
}
