//! A worker that has too much to do takes nobody new, and lets nobody go.

#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod harness;

use std::time::Duration;

use harness::client::any_offer;
use harness::{Harness, Path, everyone_sees_everyone};
use media_core::{Command, ErrorCode, Load, LoadSnapshot};

fn set(harness: &mut Harness, state: Load) {
    harness.worker.set_load(LoadSnapshot { state, busy: 0.99, lag_ms: 5.0 });
}

fn open(harness: &mut Harness, room: &str) -> Option<ErrorCode> {
    harness.run(Command::OpenRoom { room: room.try_into().unwrap() }).err().map(|error| error.code)
}

#[test]
fn new_rooms_and_participants_are_refused_and_those_who_are_here_are_not() {
    let mut harness = Harness::new(1);
    everyone_sees_everyone(&mut harness, &["ann", "ben"]);
    harness.join("ann", Path::PERFECT, Path::PERFECT);
    harness.connect();
    let offer = any_offer(harness.now);

    set(&mut harness, Load::Shedding);
    assert_eq!(open(&mut harness, "second"), None);

    set(&mut harness, Load::Refusing);
    assert_eq!(open(&mut harness, "third"), Some(ErrorCode::Overloaded));
    assert_eq!(open(&mut harness, "second"), None, "it is open");
    // ben is in the plan, but has never been here.
    for somebody in ["ben", "cid"] {
        let refused = harness.offer(somebody, "t", &offer).unwrap_err();
        assert_eq!(refused.code, ErrorCode::Overloaded);
        assert!(refused.message.contains("later"), "{refused}");
    }
    // ann may come back with another transport, and what she sends goes on.
    let again = harness.join("ann", Path::PERFECT, Path::PERFECT);
    assert!(harness.advance_until(Duration::from_secs(5), |harness| harness.client(again).connected));
    assert_eq!(harness.snapshot().worker.load.state, Load::Refusing);

    set(&mut harness, Load::Shedding);
    harness.offer("cid", "t", &offer).unwrap();
    assert_eq!(open(&mut harness, "third"), None);
}
