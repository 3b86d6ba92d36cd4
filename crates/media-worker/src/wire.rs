//! The worker protocol on the wire: frames, messages, and their `MessagePack` form. `protocol/worker/README.md` describes it.

use std::fmt;

use media_core::{
    Command, CommandError, CommandId, ErrorCode, Fact, Reply, ReplyResult, RoomLevels, RoomVideo, Statistics,
};
use rmpv::Value;
use serde::{Deserialize, Serialize};

/// The versions of the protocol that this worker speaks.
pub const PROTOCOL: std::ops::RangeInclusive<u32> = 1..=1;

/// What this worker calls itself.
pub const BUILD: &str = concat!("ringback-media ", env!("CARGO_PKG_VERSION"));

/// The largest body of a frame, in bytes.
pub const MAX_BODY: usize = 1_048_576;

/// The bytes of a frame's length.
const LENGTH_BYTES: usize = 4;

/// What a controller says.
#[derive(Debug, Clone, PartialEq)]
pub enum ToWorker {
    /// The first message: who it is.
    Hello(Hello),
    /// Something to do, or why it was not understood.
    Command(CommandId, Result<Command, CommandError>),
    /// This fact and all before it are stored.
    Acknowledge(u64),
}

/// Who a controller is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The oldest version it speaks.
    pub protocol_min: u32,
    /// The newest version it speaks.
    pub protocol_max: u32,
    /// What it calls itself.
    pub build: String,
    /// Grows with every controller start.
    pub epoch: u64,
}

/// Why a controller is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefusalCode {
    /// A newer controller has been here.
    StaleEpoch,
    /// There is no version that both speak.
    ProtocolUnsupported,
}

/// What the worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromWorker {
    /// The controller is taken.
    Welcome {
        /// The version that is spoken.
        protocol: u32,
        /// What the worker calls itself.
        build: String,
        /// Another value for each run of the worker.
        boot_id: String,
        /// What ICE announces, as `ip:port/udp` and `ip:port/tcp`.
        addresses: Vec<String>,
        /// The number of the newest fact.
        last_fact: u64,
        /// Whether facts were dropped; then a snapshot is needed.
        overflowed: bool,
        /// Whether new rooms are refused.
        draining: bool,
    },
    /// The controller is not taken.
    Refused {
        /// For programs.
        code: RefusalCode,
        /// For people.
        message: String,
    },
    /// Another controller has taken over.
    Superseded {
        /// Its epoch.
        epoch: u64,
    },
    /// The answer to a command.
    Reply(Reply),
    /// Something happened.
    Fact {
        /// Its place in the order of facts.
        number: u64,
        /// What happened.
        fact: Fact,
    },
    /// How the worker is.
    Statistics {
        /// As in the snapshot.
        worker: Box<Statistics>,
    },
    /// How loud microphones are.
    Levels {
        /// The rooms in which that is not what was said last.
        rooms: Vec<RoomLevels>,
    },
    /// What is paused and wanted of video.
    Video {
        /// The rooms in which that is not what was said last.
        rooms: Vec<RoomVideo>,
    },
    /// The controller said something that cannot be understood.
    ProtocolError {
        /// For people.
        message: String,
    },
}

/// Why a connection cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireError {
    /// The length of a frame is not between 1 and [`MAX_BODY`].
    Length(usize),
    /// The body is not a message for a worker.
    Message(String),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(length) => write!(f, "a frame of {length} bytes is not between 1 and {MAX_BODY}"),
            Self::Message(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for WireError {}

/// Takes the first whole frame out of what has arrived.
///
/// # Errors
///
/// If the length of the frame is out of bounds.
pub fn take_frame(arrived: &mut Vec<u8>) -> Result<Option<Vec<u8>>, WireError> {
    let Some(length) = arrived.first_chunk::<LENGTH_BYTES>() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes(*length) as usize;
    if !(1..=MAX_BODY).contains(&length) {
        return Err(WireError::Length(length));
    }
    if arrived.len() < LENGTH_BYTES + length {
        return Ok(None);
    }
    let rest = arrived.split_off(LENGTH_BYTES + length);
    let mut frame = std::mem::replace(arrived, rest);
    Ok(Some(frame.split_off(LENGTH_BYTES)))
}

/// Reads a controller's message.
///
/// # Errors
///
/// If the body is not a map with a known `type`, or lacks what that type needs. A command that is not understood is not an
/// error here: it can be answered.
pub fn decode(body: &[u8]) -> Result<ToWorker, WireError> {
    let not_a_map = || WireError::Message("a message is one MessagePack map".to_owned());
    let mut rest = body;
    let value = rmpv::decode::read_value(&mut rest).map_err(|_| not_a_map())?;
    if !value.is_map() || !rest.is_empty() {
        return Err(not_a_map());
    }
    match field(&value, "type").and_then(Value::as_str) {
        Some("hello") => fields(value).map(ToWorker::Hello),
        Some("acknowledge") => {
            #[derive(Deserialize)]
            struct Acknowledge {
                fact: u64,
            }
            fields::<Acknowledge>(value).map(|message| ToWorker::Acknowledge(message.fact))
        }
        Some("command") => {
            #[derive(Deserialize)]
            struct CommandMessage {
                id: CommandId,
                command: Value,
            }
            let CommandMessage { id, command } = fields(value)?;
            Ok(ToWorker::Command(id, decode_command(command)))
        }
        Some(_) => Err(WireError::Message("there is no message of this type".to_owned())),
        None => Err(WireError::Message("the message has no type".to_owned())),
    }
}

/// The frame of a message; none if it is too large for one.
#[must_use]
pub fn encode(message: &FromWorker) -> Option<Vec<u8>> {
    let mut frame = vec![0; LENGTH_BYTES];
    // Writing into memory cannot fail, and all our messages have a MessagePack form.
    rmp_serde::encode::write_named(&mut frame, message).ok()?;
    let length = frame.len() - LENGTH_BYTES;
    if length > MAX_BODY {
        return None;
    }
    frame[..LENGTH_BYTES].copy_from_slice(&u32::try_from(length).ok()?.to_be_bytes());
    Some(frame)
}

/// The reply when the real one does not fit into a frame.
#[must_use]
pub fn oversized(id: CommandId) -> Reply {
    let error = CommandError::new(ErrorCode::Internal, "the result is too large for one frame");
    Reply::new(id, Err::<ReplyResult, _>(error))
}

fn decode_command(command: Value) -> Result<Command, CommandError> {
    let invalid = |message: String| CommandError::new(ErrorCode::CommandInvalid, message);
    match field(&command, "type").and_then(Value::as_str) {
        None => return Err(invalid("the command has no type".to_owned())),
        Some(name) if !Command::TYPES.contains(&name) => {
            return Err(CommandError::new(ErrorCode::CommandUnknown, "there is no command of this type"));
        }
        Some(_) => {}
    }
    rmpv::ext::from_value(command).map_err(|error| invalid(format!("the command's fields are wrong: {error}")))
}

fn field<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    map.as_map()?.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value)
}

fn fields<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, WireError> {
    rmpv::ext::from_value(value).map_err(|error| WireError::Message(format!("the message's fields are wrong: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_one_by_one_and_never_before_they_are_whole() {
        let mut arrived = Vec::new();
        let mut frames = Vec::new();
        for byte in [0, 0, 0, 2, 7, 8, 0, 0, 0, 1, 9] {
            arrived.push(byte);
            frames.extend(take_frame(&mut arrived).unwrap());
        }
        assert_eq!(frames, [vec![7, 8], vec![9]]);
        assert_eq!(take_frame(&mut vec![0, 0, 0, 0]), Err(WireError::Length(0)));
        assert_eq!(take_frame(&mut vec![0, 16, 0, 1]), Err(WireError::Length(MAX_BODY + 1)));
    }

    #[test]
    fn rubbish_is_an_error_and_an_unknown_command_an_answer() {
        let message = |value: Value| {
            let mut body = Vec::new();
            rmpv::encode::write_value(&mut body, &value).unwrap();
            decode(&body)
        };
        let map = |fields: &[(&str, Value)]| {
            Value::Map(fields.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
        };
        assert!(decode(&[]).is_err());
        assert!(decode(&[0xc1]).is_err());
        assert!(message(Value::from(3)).is_err());
        assert!(message(map(&[])).is_err());
        assert!(message(map(&[("type", "order".into())])).is_err());
        assert!(message(map(&[("type", "acknowledge".into()), ("fact", "x".into())])).is_err());
        let command = |fields: &[(&str, Value)]| {
            let sent =
                map(&[("type", "command".into()), ("id", "1".into()), ("command", map(fields)), ("new", 1.into())]);
            let Ok(ToWorker::Command(_, command)) = message(sent) else { panic!("not a command") };
            command.map_err(|error| error.code)
        };
        assert_eq!(command(&[("type", "dance".into())]), Err(ErrorCode::CommandUnknown));
        assert_eq!(command(&[("type", "open_room".into())]), Err(ErrorCode::CommandInvalid));
        assert_eq!(command(&[("type", "open_room".into()), ("room", "".into())]), Err(ErrorCode::CommandInvalid));
        assert_eq!(command(&[]), Err(ErrorCode::CommandInvalid));
        assert!(command(&[("type", "open_room".into()), ("room", "r".into()), ("later", 1.into())]).is_ok());
    }
}
