//! A participant: one transport at most, what it publishes, and the slots in which it receives.

use std::collections::BTreeMap;

use crate::allocation::Allocator;
use crate::command::Source;
use crate::ids::{ParticipantId, PublicationKey};
use crate::presence::Presence;
use crate::slot::{Slot, SlotKey};
use crate::transport::Transport;

/// A participant of a room.
pub(crate) struct Participant {
    pub(crate) id: ParticipantId,
    pub(crate) transport: Option<Transport>,
    pub(crate) presence: Presence,
    pub(crate) slots: BTreeMap<SlotKey, Slot>,
    /// Hands out the bandwidth of its transport.
    pub(crate) allocator: Allocator,
    /// What it was last said to desire, in bits per second.
    pub(crate) desired: u64,
    sources: [Option<PublicationKey>; 3],
}

impl Participant {
    pub(crate) fn new(id: ParticipantId) -> Self {
        Self {
            id,
            transport: None,
            presence: Presence::default(),
            slots: BTreeMap::new(),
            allocator: Allocator::default(),
            desired: 0,
            sources: [None; 3],
        }
    }

    /// What arrives from this source belongs to.
    pub(crate) fn publication(&self, source: Source) -> Option<PublicationKey> {
        self.sources[source.index()]
    }

    /// Makes this what arrives from a source, and returns what it was before.
    pub(crate) fn set_publication(
        &mut self,
        source: Source,
        publication: Option<PublicationKey>,
    ) -> Option<PublicationKey> {
        std::mem::replace(&mut self.sources[source.index()], publication)
    }

    /// All that the participant publishes.
    pub(crate) fn publications(&self) -> impl Iterator<Item = PublicationKey> {
        self.sources.iter().flatten().copied()
    }
}
