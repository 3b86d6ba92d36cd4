//! The state of everything at one moment, for a control plane that has just arrived.

use serde::{Deserialize, Serialize};

use crate::command::{Kind, Source};
use crate::ids::{ParticipantId, PublicationId, RoomId, TransportId};
use crate::measures::Network;
use crate::statistics::Statistics;

/// The state of a worker; facts up to `last_fact` are contained in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Another value for each run of the worker.
    pub boot_id: String,
    /// The newest fact that is contained.
    pub last_fact: u64,
    /// Rooms, in the order they were opened.
    pub rooms: Vec<RoomSnapshot>,
    /// Where the rest begins, if this is not all. The last room may go on there.
    pub next: Option<String>,
    /// The worker in numbers.
    pub worker: Statistics,
}

/// The state of a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoomSnapshot {
    /// The room's id.
    pub room: RoomId,
    /// For how many seconds it has been open.
    pub age_s: u64,
    /// Its participants, in the order they came.
    pub participants: Vec<ParticipantSnapshot>,
}

/// The state of a participant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParticipantSnapshot {
    /// The participant's id.
    pub participant: ParticipantId,
    /// The current transport, if there was an offer.
    pub transport: Option<TransportSnapshot>,
    /// What the participant publishes.
    pub publications: Vec<PublicationSnapshot>,
    /// The slots that were mapped or offered, audio before video.
    pub slots: Vec<SlotSnapshot>,
}

/// Where a transport is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TransportState {
    /// ICE or DTLS is not done.
    New,
    /// Media may flow.
    Connected,
    /// Ended; only a new transport helps.
    Closed,
}

/// The state of a transport. Packets and bytes are datagrams that were accepted or sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransportSnapshot {
    /// The transport's id.
    pub transport: TransportId,
    /// Where it is in its life.
    pub state: TransportState,
    /// Datagrams accepted from the client.
    pub packets_received: u64,
    /// Datagrams sent to the client.
    pub packets_sent: u64,
    /// Their bytes.
    pub bytes_received: u64,
    /// Their bytes.
    pub bytes_sent: u64,
    /// From the client's receiver reports, in milliseconds.
    pub round_trip_ms: Option<f64>,
    /// What the line to the client is believed to carry; none until that is known.
    pub estimate_bps: Option<u64>,
    /// Datagrams of the client that were over its budget.
    pub packets_dropped: u64,
    /// From the first offer to ICE and DTLS, in milliseconds.
    pub connected_after_ms: Option<u64>,
    /// The kind of network that the client's address is of.
    pub network: Option<Network>,
    /// The share of the client's packets that were lost on their way here, lately.
    pub loss_received: Option<f64>,
    /// The share of our packets that are missing there, lately. Without transport-wide feedback, what publishers lost on
    /// their way here counts too.
    pub loss_sent: Option<f64>,
}

/// The state of a publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationSnapshot {
    /// The publication's id.
    pub publication: PublicationId,
    /// What its packets carry as CSRC.
    pub number: u32,
    /// Where it comes from.
    pub source: Source,
    /// Whether a packet has arrived.
    pub started: bool,
    /// Media packets, repaired ones included.
    pub packets_received: u64,
    /// Gaps in the sequence that are not repaired (yet).
    pub packets_lost: u64,
    /// Keyframe requests sent to the publisher.
    pub keyframe_requests: u64,
    /// Its qualities from the lowest up, as far as anything of them has arrived.
    pub layers: Vec<LayerSnapshot>,
}

/// The state of a layer of a publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerSnapshot {
    /// What the publisher calls it; none without simulcast.
    pub rid: Option<String>,
    /// Media packets, repaired ones included.
    pub packets_received: u64,
    /// Gaps in the sequence that are not repaired (yet).
    pub packets_lost: u64,
    /// Of payload, in the last second.
    pub bits_per_second: u64,
}

/// The state of a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotSnapshot {
    /// Audio and video slots are counted apart.
    pub kind: Kind,
    /// The slot's place among those of its kind.
    pub index: u16,
    /// What it carries.
    pub publication: Option<PublicationId>,
    /// Whether that is chosen by loudness.
    pub loudest: bool,
    /// Media packets forwarded, without retransmissions.
    pub packets_sent: u64,
    /// Which layer is forwarded, from 0 for the lowest; none for audio and while none is.
    pub layer: Option<u8>,
    /// Whether nothing is forwarded for want of bandwidth.
    pub paused: bool,
}
