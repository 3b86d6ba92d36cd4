//! Ringback's media core: rooms, transports, publications, slots and forwarders, without I/O, clock or threads.
//!
//! Feed a [`Worker`] a command ([`Worker::run`]), datagrams that came together ([`Worker::receive`]) or the time
//! ([`Worker::tick`]), then take out what it wants sent ([`Worker::poll_datagram`]), the facts it has recorded
//! ([`Worker::facts`]) and the moment it next wants the time ([`Worker::next_deadline`]). Time and seeds are arguments, so
//! a run can be repeated exactly, except for the keys and nonces that ICE and DTLS draw for themselves.
//!
//! Inside: a worker holds rooms, a room holds participants and publications, a participant holds one transport (ICE, DTLS
//! and SRTP by str0m) and slots. A packet of a publication goes to every slot that is mapped to it and whose receiver has its codec. Three rules keep a
//! fault small: an offer is checked before str0m sees it (`offer.rs`), every call into str0m is fenced (`transport.rs`),
//! and so is every step of a room (`worker.rs`).

#![deny(missing_docs)]

mod allocation;
mod answer;
mod av1;
mod budget;
mod capture;
mod capture_clock;
mod client_path;
mod codec;
mod command;
mod egress;
mod fact;
mod fault;
mod five_tuple;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod h264;
mod ids;
mod layer;
mod levels;
mod load;
mod loudest;
mod measures;
mod offer;
mod origin;
mod outbox;
mod pages;
mod participant;
mod picture_ids;
mod presence;
mod publication;
mod red;
mod rewrite;
mod room;
mod routing;
mod slot;
mod snapshot;
mod statistics;
mod transport;
mod video;
mod vp8;
mod vp9;
mod worker;

pub use capture::{CaptureFile, MAX_CAPTURE_BYTES, MAX_CAPTURE_SECONDS, OpenCapture};
pub use codec::Codec;
pub use command::{Command, CommandError, ErrorCode, Kind, Reply, ReplyResult, Source};
pub use egress::{Egress, Feedback, ForwardedPacket, SlotStream, StromEgress};
pub use fact::{CloseReason, Fact, FactJournal, FailReason, NumberedFact};
pub use fault::note_panic;
pub use five_tuple::{FiveTuple, Protocol};
pub use ids::{CommandId, IdError, ParticipantId, PublicationId, RoomId, TransportId};
pub use levels::{LEVELS_INTERVAL, ParticipantLevel, RoomLevels, SILENCE};
pub use load::{Load, LoadMeter};
pub use measures::Network;
pub use offer::{MAX_LAYERS, MAX_OFFER_BYTES, MAX_OFFER_LINES};
pub use slot::SlotKey;
pub use snapshot::{
    LayerSnapshot, ParticipantSnapshot, PublicationSnapshot, RoomSnapshot, SlotSnapshot, Snapshot, TransportSnapshot,
    TransportState,
};
pub use statistics::{Dropped, Faults, LoadSnapshot, Statistics};
pub use video::{PausedSlot, RoomVideo, WantedLayers};
pub use worker::{Datagram, Worker, WorkerConfig};
