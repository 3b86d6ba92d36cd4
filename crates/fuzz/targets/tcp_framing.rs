//! Frames in a TCP stream. Input: into pieces of how many bytes it is cut, then the stream.

#![no_main]

use libfuzzer_sys::fuzz_target;
use media_worker::fuzzing::tcp_frames;

fuzz_target!(|input: &[u8]| {
    let Some((step, stream)) = input.split_first() else {
        return;
    };
    let step = usize::from(*step).max(1);
    assert_eq!(tcp_frames(stream, step), tcp_frames(stream, stream.len().max(1)), "however it is cut");
});
