//! A door for fuzzing to what nobody else needs from outside. Normal builds do not have it.

use crate::framing::FrameReader;

/// The frames in a stream that arrives in pieces of so many bytes, and whether it ended with one that is too long.
#[must_use]
pub fn tcp_frames(stream: &[u8], step: usize) -> (Vec<Vec<u8>>, bool) {
    let mut reader = FrameReader::default();
    let mut frames = Vec::new();
    for piece in stream.chunks(step) {
        reader.push(piece);
        loop {
            match reader.next(2000) {
                Ok(Some(frame)) => frames.push(frame.to_vec()),
                Ok(None) => break,
                Err(_) => return (frames, true),
            }
        }
    }
    (frames, false)
}
