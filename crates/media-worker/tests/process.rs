//! The program as it runs: its socket, its protocol, its manners.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod program;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use program::{Controller, Folder, Worker};
use serde_json::{Value as Json, json};

#[test]
fn a_session() {
    let folder = Folder::new("session");
    let worker = Worker::start(&folder.socket(), &["--log-format", "json"]);
    let mut first = Controller::connect(&folder.socket());
    let mode = std::fs::metadata(folder.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let welcome = first.hello(7);
    assert_eq!(welcome["type"], "welcome");
    assert_eq!(
        (&welcome["protocol"], &welcome["last_fact"], &welcome["overflowed"]),
        (&json!(1), &json!(0), &json!(false))
    );
    let addresses: Vec<&str> = welcome["addresses"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
    assert!(addresses[0].starts_with("127.0.0.1:") && addresses[0].ends_with("/udp"), "{addresses:?}");
    assert_eq!(addresses[1..], [addresses[0].replace("/udp", "/tcp")], "by TCP on the same port");

    assert_eq!(first.run("1", &json!({"type": "open_room", "room": "r"}))["result"], json!({}));
    let publish = json!({"type": "publish", "room": "r", "participant": "a", "publication": "p", "number": 5,
                         "source": "CAMERA", "later": "unknown keys are ignored"});
    assert_eq!(first.run("2", &publish)["error"], Json::Null);
    let snapshot = first.run("3", &json!({"type": "take_snapshot"}))["result"].clone();
    assert_eq!(snapshot["boot_id"], welcome["boot_id"]);
    assert_eq!(snapshot["rooms"][0]["participants"][0]["publications"][0]["number"], 5);

    let error = |reply: Json| reply["error"]["code"].as_str().unwrap().to_owned();
    assert_eq!(error(first.run("4", &json!({"type": "dance"}))), "COMMAND_UNKNOWN");
    assert_eq!(error(first.run("5", &json!({"type": "open_room"}))), "COMMAND_INVALID");
    assert_eq!(
        error(
            first.run(
                "6",
                &json!({"type": "accept_offer", "room": "x", "participant": "a", "transport": "t", "sdp": ""})
            )
        ),
        "ROOM_NOT_FOUND"
    );
    assert_eq!(
        error(first.run(
            "7",
            &json!({"type": "accept_offer", "room": "r", "participant": "a", "transport": "t", "sdp": "v=0"})
        )),
        "OFFER_INVALID"
    );

    // An older controller is refused, a newer one takes over, one with the same epoch too.
    let mut older = Controller::connect(&folder.socket());
    assert_eq!(older.hello(6)["code"], "STALE_EPOCH");
    assert_eq!(older.read(), None);
    let mut second = Controller::greeted(&folder.socket(), 8);
    assert_eq!(first.read().unwrap(), json!({"type": "superseded", "epoch": 8}));
    assert_eq!(first.read(), None);
    let mut third = Controller::greeted(&folder.socket(), 8);
    assert_eq!(second.read().unwrap()["type"], "superseded");
    let rooms = third.run("8", &json!({"type": "take_snapshot"}))["result"]["rooms"].clone();
    assert_eq!(rooms, snapshot["rooms"], "rooms outlive controllers");

    let mut newer = Controller::connect(&folder.socket());
    newer.send(&json!({"type": "hello", "protocol_min": 2, "protocol_max": 9, "build": "", "epoch": 9}));
    assert_eq!(newer.read().unwrap()["code"], "PROTOCOL_UNSUPPORTED");

    assert_eq!(third.run("9", &json!({"type": "shut_down"}))["result"], json!({}));
    assert_eq!(third.read(), None);
    let (status, log) = worker.end();
    assert!(status.success(), "{log}");
    assert!(!folder.socket().exists());
    assert!(log.lines().all(|line| serde_json::from_str::<Json>(line).is_ok()), "{log}");
    assert!(!log.contains("127.0.0.1"), "{log}");
}

#[test]
fn what_is_not_understood_is_said_and_ends_the_connection() {
    let folder = Folder::new("rubbish");
    let _worker = Worker::start(&folder.socket(), &[]);
    for body in [&[0xc1][..], &[0x01], b"\x80", b"\x81\xa4type\xa5dance"] {
        let mut controller = Controller::connect(&folder.socket());
        controller.send_body(body);
        assert_eq!(controller.read().unwrap()["type"], "protocol_error");
        assert_eq!(controller.read(), None);
    }
    for length in [0u32, 1_048_577, u32::MAX] {
        let mut controller = Controller::connect(&folder.socket());
        controller.0.write_all(&length.to_be_bytes()).unwrap();
        assert_eq!(controller.read().unwrap()["type"], "protocol_error");
        assert_eq!(controller.read(), None);
    }
    let mut unknown = Controller::connect(&folder.socket());
    unknown.send(&json!({"type": "command", "id": "1", "command": {"type": "shut_down"}}));
    assert_eq!(unknown.read().unwrap()["type"], "protocol_error", "a command before the hello");
    Controller::greeted(&folder.socket(), 1);
}

#[test]
fn a_second_worker_a_port_in_use_and_bad_paths_are_explained() {
    let folder = Folder::new("refused");
    let refused = |socket: &Path, more: &[&str], word: &str| {
        let (status, said) = Worker::start(socket, more).end();
        assert_eq!(status.code(), Some(2), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(word), "{said}");
    };
    let worker = Worker::start(&folder.socket(), &[]);
    Controller::greeted(&folder.socket(), 1);
    refused(&folder.socket(), &[], "already serves");
    Controller::greeted(&folder.socket(), 1);
    drop(worker);
    // The one before was killed: its socket and lock file are in the way of nobody.
    let worker = Worker::start(&folder.socket(), &[]);
    Controller::greeted(&folder.socket(), 1);
    drop(worker);

    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    refused(&folder.0.join("b"), &["--udp-port", &port], "--udp-port");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    refused(&folder.0.join("b"), &["--udp-port", &port], "TCP");
    refused(&folder.0.join("c"), &["--address", "192.0.2.1"], "--announce");
    refused(&folder.0.join("no/such/folder"), &[], "directory");
    refused(&folder.0.join("x".repeat(100)), &[], "shorter");
    std::fs::write(folder.0.join("file"), "").unwrap();
    refused(&folder.0.join("file"), &[], "not a socket");
    refused(&folder.0.join("d"), &["--sing"], "--help");
}

#[test]
fn a_signal_ends_it_well() {
    let folder = Folder::new("signal");
    let worker = Worker::start(&folder.socket(), &[]);
    let mut controller = Controller::greeted(&folder.socket(), 1);
    worker.terminate();
    assert_eq!(controller.read(), None);
    let (status, _) = worker.end();
    assert!(status.success());
}

#[test]
fn a_signal_drains_it_and_it_ends_with_its_last_room() {
    let folder = Folder::new("drain");
    let worker = Worker::start(&folder.socket(), &[]);
    let mut controller = Controller::greeted(&folder.socket(), 1);
    assert_eq!(controller.run("1", &json!({"type": "open_room", "room": "r"}))["error"], Json::Null);
    worker.signal("-USR1");
    // Nothing tells when the signal has come, but that new rooms are refused.
    for number in 2.. {
        let reply = controller.run(&number.to_string(), &json!({"type": "open_room", "room": number.to_string()}));
        if reply["error"]["code"] == "DRAINING" {
            break;
        }
        controller.run(&format!("close {number}"), &json!({"type": "close_room", "room": number.to_string()}));
    }
    assert_eq!(controller.run("last", &json!({"type": "close_room", "room": "r"}))["error"], Json::Null);
    let (status, said) = worker.end();
    assert!(status.success() && said.contains("drained"), "{said}");
}

#[test]
fn without_a_controller_it_ends_by_itself() {
    let folder = Folder::new("orphan");
    let mut worker = Worker::start(&folder.socket(), &["--orphan-timeout", "1"]);
    let controller = Controller::greeted(&folder.socket(), 1);
    let mut log = BufReader::new(worker.0.stderr.take().unwrap()).lines();
    drop(controller);
    let last = std::iter::from_fn(|| log.next()).map(Result::unwrap).last().unwrap();
    assert!(last.contains("no controller"), "{last}");
    assert!(worker.0.wait().unwrap().success());
}
