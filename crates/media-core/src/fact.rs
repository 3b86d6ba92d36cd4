//! What happened, numbered and kept until the control plane has stored it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::ids::{ParticipantId, PublicationId, RoomId, TransportId};

/// How many facts wait for acknowledgement. At one fact per join and leave this covers thousands of participants while
/// the control plane restarts; beyond it a snapshot is cheaper for both sides than the facts.
const MAX_FACTS: usize = 10_000;

/// Why a transport closed without a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CloseReason {
    /// No connectivity checks arrived for too long.
    IceTimeout,
    /// The DTLS handshake failed or did not end in time.
    DtlsFailed,
    /// The client closed its end.
    PeerClosed,
    /// A bug of ours, fenced.
    Fault,
}

/// Why a room ended without a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailReason {
    /// A bug of ours, fenced.
    Fault,
}

/// Something that happened and that the control plane must learn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs)] // The fields are ids and reasons and say so by their types.
pub enum Fact {
    /// ICE and DTLS are done; media may flow.
    TransportConnected { room: RoomId, participant: ParticipantId, transport: TransportId },
    /// A transport closed, not by command.
    TransportClosed { room: RoomId, participant: ParticipantId, transport: TransportId, reason: CloseReason },
    /// A publication's first packet arrived.
    PublicationStarted { room: RoomId, publication: PublicationId },
    /// A fault in the room's logic ended it.
    RoomFailed { room: RoomId, reason: FailReason },
}

/// A fact and its place in the order of this worker's facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberedFact {
    /// Counted from 1 for each run of the worker.
    pub number: u64,
    /// What happened.
    pub fact: Fact,
}

/// The facts that are not acknowledged yet.
#[derive(Debug, Default)]
pub struct FactJournal {
    facts: VecDeque<NumberedFact>,
    last: u64,
    overflowed: bool,
}

impl FactJournal {
    pub(crate) fn record(&mut self, fact: Fact) {
        self.last += 1;
        if self.facts.len() == MAX_FACTS {
            self.facts.pop_front();
            self.overflowed = true;
        }
        self.facts.push_back(NumberedFact { number: self.last, fact });
    }

    pub(crate) fn acknowledge(&mut self, number: u64) {
        while self.facts.front().is_some_and(|fact| fact.number <= number) {
            self.facts.pop_front();
        }
    }

    /// A snapshot is taken: it contains what the dropped facts told.
    pub(crate) fn note_snapshot(&mut self) {
        self.overflowed = false;
    }

    /// The number of the newest fact, 0 if there is none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Whether facts were dropped since the last snapshot.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// The unacknowledged facts with numbers above this one, oldest first.
    pub fn after(&self, number: u64) -> impl Iterator<Item = &NumberedFact> {
        let known = self.facts.partition_point(|fact| fact.number <= number);
        self.facts.range(known..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(number: u64) -> Fact {
        Fact::PublicationStarted {
            room: RoomId::try_from("r").unwrap(),
            publication: PublicationId::try_from(format!("p{number}")).unwrap(),
        }
    }

    #[test]
    fn facts_are_kept_until_acknowledged() {
        let mut journal = FactJournal::default();
        (1..=3).for_each(|number| journal.record(fact(number)));
        journal.acknowledge(2);
        assert_eq!(journal.after(0).map(|f| f.number).collect::<Vec<_>>(), [3]);
        assert_eq!(journal.after(3).count(), 0);
        journal.acknowledge(1);
        assert_eq!(journal.after(0).count(), 1, "an older acknowledgement takes nothing back");
        assert_eq!(journal.last(), 3);
    }

    #[test]
    fn overflow_drops_the_oldest_and_says_so_until_a_snapshot() {
        let mut journal = FactJournal::default();
        let count = MAX_FACTS as u64 + 5;
        (1..=count).for_each(|number| journal.record(fact(number)));
        assert!(journal.overflowed());
        assert_eq!(journal.after(0).next().map(|f| f.number), Some(6));
        journal.acknowledge(count);
        assert_eq!(journal.after(0).count(), 0);
        assert!(journal.overflowed(), "what was dropped is still not known");
        journal.note_snapshot();
        assert!(!journal.overflowed());
    }
}
