//! What arrives on the control socket: frames, messages, and what the commands do. Input: the stream.

#![no_main]

use std::time::Duration;

use fuzz::world::World;
use libfuzzer_sys::fuzz_target;
use media_worker::wire::{self, FromWorker, ToWorker};

fuzz_target!(|input: &[u8]| {
    let mut world = World::new();
    let mut arrived = input.to_vec();
    while let Ok(Some(frame)) = wire::take_frame(&mut arrived) {
        match wire::decode(&frame) {
            Ok(ToWorker::Command(id, Ok(command))) => {
                let reply = world.worker.run(id, command, world.now);
                let _ = wire::encode(&FromWorker::Reply(reply));
                let _ = world.advance(Duration::from_millis(100));
            }
            Ok(ToWorker::Acknowledge(fact)) => world.worker.acknowledge(fact),
            Ok(ToWorker::Hello(_) | ToWorker::Command(_, Err(_))) | Err(_) => {}
        }
    }
});
