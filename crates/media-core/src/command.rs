//! What the control plane can ask for, what it is answered, and the memory of answers already given.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{CommandId, ParticipantId, PublicationId, RoomId, TransportId};
use crate::snapshot::Snapshot;

/// How many replies are kept for repeated commands. A controller repeats only what it has not seen answered, so this
/// need only exceed the commands in flight; each kept answer to an offer costs up to about 20 KiB.
const KEPT_REPLIES: usize = 4096;

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// Sound.
    Audio,
    /// Pictures, of a camera or of a screen.
    Video,
}

/// What a participant sends from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Source {
    /// The first audio m-line.
    Microphone,
    /// The first video m-line.
    Camera,
    /// The second video m-line.
    Screen,
}

impl Source {
    /// Whether this source carries sound or pictures.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Source::Microphone => Kind::Audio,
            Source::Camera | Source::Screen => Kind::Video,
        }
    }

    /// The place of this source in a participant's table of sources.
    pub(crate) fn index(self) -> usize {
        match self {
            Source::Microphone => 0,
            Source::Camera => 1,
            Source::Screen => 2,
        }
    }
}

/// One thing to do. Creating what exists and closing what does not succeed and change nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs)] // The fields are ids and say so by their types; what is not an id has its own sentence.
pub enum Command {
    /// Opens a room.
    OpenRoom { room: RoomId },
    /// Closes a room and everything in it.
    CloseRoom { room: RoomId },
    /// Answers a client's offer, with a new transport or on a known one.
    AcceptOffer {
        room: RoomId,
        participant: ParticipantId,
        transport: TransportId,
        /// The client's offer as it is.
        sdp: String,
    },
    /// Closes a participant's transport, publications and slots.
    CloseParticipant { room: RoomId, participant: ParticipantId },
    /// Makes a publication of what arrives from one of a participant's sources.
    Publish {
        room: RoomId,
        participant: ParticipantId,
        publication: PublicationId,
        /// What forwarded packets of this publication carry as their only CSRC.
        number: u32,
        /// Where it comes from.
        source: Source,
    },
    /// Ends a publication.
    Unpublish { room: RoomId, publication: PublicationId },
    /// Says which publication a slot carries from now on.
    MapSlot {
        room: RoomId,
        participant: ParticipantId,
        /// Audio slots and video slots are counted apart.
        kind: Kind,
        /// The slot's place among those of its kind.
        index: u16,
        /// None silences the slot.
        publication: Option<PublicationId>,
        /// Instead of a publication: the slot carries one of the loudest microphones.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        loudest: bool,
    },
    /// Says how large the client shows a video slot.
    PreferSlot {
        room: RoomId,
        participant: ParticipantId,
        /// The slot's place among the video slots.
        index: u16,
        /// In pixels of the device; 0 is not shown at all.
        width: u16,
        /// In pixels of the device; 0 is not shown at all.
        height: u16,
        /// Whether it comes before the slots that are not pinned.
        pinned: bool,
    },
    /// Asks a publisher for a keyframe.
    RequestKeyframe { room: RoomId, publication: PublicationId },
    /// Writes the datagrams of a room's transports to a file.
    StartCapture {
        room: RoomId,
        /// The file, which must not exist yet.
        path: String,
        /// Whether to keep what follows the headers too.
        payloads: bool,
        /// When it ends by itself.
        seconds: u32,
    },
    /// Ends the capture of a room.
    StopCapture { room: RoomId },
    /// Asks for the state of everything, or of one room, as much as fits into a frame.
    TakeSnapshot {
        #[serde(default)]
        room: Option<RoomId>,
        /// Where the snapshot before said that the rest begins.
        #[serde(default)]
        after: Option<String>,
    },
    /// Asks for nothing but the reply.
    Ping,
    /// Takes no new rooms from now on; the process ends with the last one.
    Drain,
    /// Closes everything; the process ends after the reply.
    ShutDown,
}

impl Command {
    /// Says in the log what shall be done, by ids; an offer is never shown.
    pub(crate) fn log(&self) {
        match self {
            Self::OpenRoom { room } => tracing::info!(%room, "open room"),
            Self::CloseRoom { room } => tracing::info!(%room, "close room"),
            Self::AcceptOffer { room, participant, transport, sdp } => {
                tracing::info!(%room, %participant, %transport, bytes = sdp.len(), "offer");
            }
            Self::CloseParticipant { room, participant } => tracing::info!(%room, %participant, "close participant"),
            Self::Publish { room, participant, publication, number, source } => {
                tracing::debug!(%room, %participant, %publication, number, ?source, "publish");
            }
            Self::Unpublish { room, publication } => tracing::debug!(%room, %publication, "unpublish"),
            Self::MapSlot { room, participant, kind, index, publication, loudest } => {
                let publication = publication.as_ref().map(PublicationId::as_str);
                tracing::debug!(%room, %participant, ?kind, index, publication, loudest, "map slot");
            }
            Self::PreferSlot { room, participant, index, width, height, pinned } => {
                tracing::debug!(%room, %participant, index, width, height, pinned, "prefer slot");
            }
            Self::RequestKeyframe { room, publication } => tracing::debug!(%room, %publication, "request keyframe"),
            Self::TakeSnapshot { .. } => tracing::trace!("take snapshot"),
            // The capture says itself when it begins and ends.
            Self::StartCapture { .. } | Self::StopCapture { .. } => {}
            Self::Ping => tracing::trace!("ping"),
            Self::Drain => tracing::info!("drain"),
            Self::ShutDown => tracing::info!("shut down"),
        }
    }

    /// The words by which commands are known on the wire.
    pub const TYPES: [&str; 15] = [
        "open_room",
        "close_room",
        "accept_offer",
        "close_participant",
        "publish",
        "unpublish",
        "map_slot",
        "prefer_slot",
        "request_keyframe",
        "start_capture",
        "stop_capture",
        "take_snapshot",
        "ping",
        "drain",
        "shut_down",
    ];
}

/// Why a command failed, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// The room is not open here.
    RoomNotFound,
    /// The publication is not in the room.
    PublicationNotFound,
    /// The offer does not parse, breaks the layout, or uses one payload type for two codecs.
    OfferInvalid,
    /// The offer is over the limits of size or of m-lines.
    OfferTooLarge,
    /// There is no command of this type.
    CommandUnknown,
    /// The command's fields are not what they should be.
    CommandInvalid,
    /// There is too much to do for a new room or participant; later there may be time.
    Overloaded,
    /// There will be no new rooms here.
    Draining,
    /// A bug of ours, fenced.
    Internal,
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandError {
    /// For programs.
    pub code: ErrorCode,
    /// For people; never contains SDP or addresses.
    pub message: String,
}

impl CommandError {
    /// An error with this code and message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.code, self.message)
    }
}

impl std::error::Error for CommandError {}

/// What a command gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ReplyResult {
    /// The state of everything.
    Snapshot(Box<Snapshot>),
    /// The answer to an offer.
    Answer {
        /// Session description to give to the client as it is.
        sdp: String,
    },
    /// The command is done.
    Done {},
}

/// The answer to a command: a result or an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The command that is answered.
    pub id: CommandId,
    /// What it gave, if it succeeded.
    pub result: Option<ReplyResult>,
    /// Why it failed, if it failed.
    pub error: Option<CommandError>,
}

impl Reply {
    /// A reply that carries an outcome.
    #[must_use]
    pub fn new(id: CommandId, outcome: Result<ReplyResult, CommandError>) -> Self {
        match outcome {
            Ok(result) => Self { id, result: Some(result), error: None },
            Err(error) => Self { id, result: None, error: Some(error) },
        }
    }
}

/// The last replies, so that a repeated command is answered and not run again.
///
/// Snapshots are not kept: they change nothing, so taking another is harmless, and keeping thousands would not be.
#[derive(Debug, Default)]
pub(crate) struct ReplyMemory {
    replies: HashMap<CommandId, Reply>,
    order: VecDeque<CommandId>,
}

impl ReplyMemory {
    pub(crate) fn find(&self, id: &CommandId) -> Option<&Reply> {
        self.replies.get(id)
    }

    pub(crate) fn keep(&mut self, reply: &Reply) {
        if matches!(reply.result, Some(ReplyResult::Snapshot(_))) {
            return;
        }
        if self.order.len() == KEPT_REPLIES
            && let Some(oldest) = self.order.pop_front()
        {
            self.replies.remove(&oldest);
        }
        self.order.push_back(reply.id.clone());
        self.replies.insert(reply.id.clone(), reply.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(number: usize) -> Reply {
        Reply::new(CommandId::try_from(format!("c{number}")).unwrap(), Ok(ReplyResult::Done {}))
    }

    #[test]
    fn the_last_replies_are_kept_and_older_ones_forgotten() {
        let mut memory = ReplyMemory::default();
        for number in 0..=KEPT_REPLIES {
            memory.keep(&reply(number));
        }
        assert!(memory.find(&reply(0).id).is_none());
        assert_eq!(memory.find(&reply(1).id), Some(&reply(1)));
        assert_eq!(memory.find(&reply(KEPT_REPLIES).id), Some(&reply(KEPT_REPLIES)));
    }
}
