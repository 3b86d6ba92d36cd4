//! The names that the control plane chooses, and the numbers by which the core finds things on the packet path.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The longest id in characters. Ids are kept in maps and repeated in facts, so their size must be bounded.
const MAX_ID_CHARACTERS: usize = 64;

/// Why a string is not an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdError;

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an id has 1 to {MAX_ID_CHARACTERS} characters")
    }
}

impl std::error::Error for IdError {}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as the control plane wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::try_from(text.as_str())
            }
        }

        impl TryFrom<&str> for $name {
            type Error = IdError;

            fn try_from(text: &str) -> Result<Self, IdError> {
                let characters = text.chars().take(MAX_ID_CHARACTERS + 1).count();
                if (1..=MAX_ID_CHARACTERS).contains(&characters) { Ok(Self(text.into())) } else { Err(IdError) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

id! {
    /// Names a room in this worker.
    RoomId
}
id! {
    /// Names a participant in its room.
    ParticipantId
}
id! {
    /// Names a transport; a participant's next transport has another id.
    TransportId
}
id! {
    /// Names a publication in its room.
    PublicationId
}
id! {
    /// Names a command, so that a repeated one is answered and not run again.
    CommandId
}

/// A room, by number; numbers are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RoomKey(pub(crate) u32);

/// A participant of a room, by number; numbers are never used again in that room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ParticipantKey(pub(crate) u32);

/// A publication of a room, by number; numbers are never used again in that room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PublicationKey(pub(crate) u32);

/// A transport: where it lives, and which of that participant's transports it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TransportKey {
    pub(crate) room: RoomKey,
    pub(crate) participant: ParticipantKey,
    pub(crate) serial: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_1_to_64_characters() {
        assert!(RoomId::try_from("").is_err());
        assert!(RoomId::try_from("r").is_ok());
        assert!(RoomId::try_from("é".repeat(64)).is_ok());
        assert!(RoomId::try_from("r".repeat(65)).is_err());
    }
}
