//! What a worker counts of itself, for operators.

use serde::{Deserialize, Serialize};

use crate::load::Load;

/// What became of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reception {
    /// It is no transport's.
    Unknown,
    /// Its participant or its room has had too much.
    OverBudget,
    /// It is a transport's by its address, and cannot be understood.
    Invalid,
    /// It was taken.
    Taken,
}

/// Datagrams that were dropped, by the reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// They belonged to no transport.
    pub unknown: u64,
    /// They came from a transport's address and could not be understood. What is understood but not authentic is not among
    /// them: str0m drops it without a word.
    pub invalid: u64,
    /// Their participant or their room had sent too much.
    pub over_budget: u64,
    /// They were larger than any of WebRTC.
    pub oversized: u64,
    /// They were ours, and the system would not send them.
    pub unsent: u64,
}

/// How much there is to do, as far as the control plane shall know.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LoadSnapshot {
    /// What follows from it.
    pub state: Load,
    /// The share of the last second in which the worker was at work.
    pub busy: f64,
    /// How late what was due came in the last second, on average, in milliseconds.
    pub lag_ms: f64,
}

/// All of a worker in numbers. Those that count begin with the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// How much there is to do.
    pub load: LoadSnapshot,
    /// Open rooms.
    pub rooms: u64,
    /// Their participants.
    pub participants: u64,
    /// Transports over which media may flow.
    pub transports: u64,
    /// Datagrams that were taken.
    pub packets_received: u64,
    /// Datagrams that were sent.
    pub packets_sent: u64,
    /// Their bytes.
    pub bytes_received: u64,
    /// Their bytes.
    pub bytes_sent: u64,
    /// Media packets of publishers that never arrived.
    pub packets_lost: u64,
    /// Datagrams that sent something again, or measured a line.
    pub packets_repeated: u64,
    /// Datagrams that were dropped.
    pub dropped: Dropped,
    /// Bugs that were fenced.
    pub faults: Faults,
    /// Facts that are not acknowledged.
    pub facts_waiting: u64,
}

/// Bugs that were fenced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Each ended a room.
    pub rooms: u64,
    /// Each ended a transport.
    pub transports: u64,
}
