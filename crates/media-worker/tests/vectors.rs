//! Every golden vector of the worker protocol is read as what it says, and written as it is, byte by byte.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

use std::path::Path;

use media_core::{Command, CommandError, Reply};
use media_worker::wire::{self, FromWorker, Hello, ToWorker};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
struct Vector {
    name: String,
    direction: String,
    message: Value,
    hex: String,
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap()).collect()
}

fn vectors() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/worker/vectors");
    let Ok(files) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "json"));
    paths.map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()).collect()
}

/// A message to the worker in the form in which a controller writes it.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Sent<'a> {
    Hello(&'a Hello),
    Command { id: &'a str, command: &'a Command },
    Acknowledge { fact: u64 },
}

fn check_to_worker(vector: &Vector) {
    let name = &vector.name;
    let message = wire::decode(&bytes(&vector.hex)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let sent = match &message {
        ToWorker::Hello(hello) => Sent::Hello(hello),
        ToWorker::Command(id, Ok(command)) => Sent::Command { id: id.as_str(), command },
        ToWorker::Command(_, Err(error)) => panic!("{name}: {error}"),
        ToWorker::Acknowledge(fact) => Sent::Acknowledge { fact: *fact },
    };
    assert_eq!(serde_json::to_value(&sent).unwrap(), vector.message, "{name}");
    assert_eq!(rmp_serde::to_vec_named(&sent).unwrap(), bytes(&vector.hex), "{name}");
}

fn check_from_worker(vector: &Vector) {
    let name = &vector.name;
    let body = bytes(&vector.hex);
    let message: FromWorker = rmp_serde::from_slice(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(serde_json::to_value(&message).unwrap(), vector.message, "{name}");
    let frame = wire::encode(&message).unwrap();
    assert_eq!(frame[..4], u32::try_from(body.len()).unwrap().to_be_bytes(), "{name}");
    assert_eq!(frame[4..], body, "{name}");
}

#[test]
fn golden_vectors() {
    let vectors = vectors();
    assert!(!vectors.is_empty(), "no vectors where they should be");
    for vector in vectors {
        match vector.direction.as_str() {
            "to_worker" => check_to_worker(&vector),
            "from_worker" => check_from_worker(&vector),
            other => panic!("{}: direction {other}", vector.name),
        }
    }
}

/// The measurement can fail.
#[test]
fn a_changed_vector_is_noticed() {
    let reply = Reply::new("1".try_into().unwrap(), Err(CommandError::new(media_core::ErrorCode::Internal, "x")));
    let frame = wire::encode(&FromWorker::Reply(reply)).unwrap();
    let hex: String = frame[4..].iter().map(|byte| format!("{byte:02x}")).collect();
    let message =
        serde_json::json!({"type": "reply", "id": "2", "result": null, "error": {"code": "INTERNAL", "message": "x"}});
    let vector = Vector { name: "changed".into(), direction: "from_worker".into(), message, hex };
    assert!(std::panic::catch_unwind(|| check_from_worker(&vector)).is_err());
}
