//! Datagrams in a stream: each behind its length in two bytes, big endian (RFC 4571 §2).

use std::collections::VecDeque;
use std::io::{self, Write};

/// The bytes of a frame's length.
const LENGTH_BYTES: usize = 2;

/// How many bytes may wait to be sent. At 2 Mbit/s this is half a second; what is older is of no use to anybody.
pub(crate) const MAX_WAITING: usize = 128 * 1024;

/// A frame is longer than any datagram of WebRTC.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Takes frames out of a stream.
#[derive(Debug, Default)]
pub(crate) struct FrameReader {
    arrived: Vec<u8>,
    taken: usize,
}

impl FrameReader {
    /// Adds what has arrived. Call it when all frames before it are taken: then less than one frame is kept.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.arrived.drain(..self.taken);
        self.taken = 0;
        self.arrived.extend_from_slice(bytes);
    }

    /// The next whole frame of at most `longest` bytes. Empty ones are passed over.
    pub(crate) fn next(&mut self, longest: usize) -> Result<Option<&[u8]>, TooLong> {
        loop {
            let rest = &self.arrived[self.taken..];
            let Some(length) = rest.first_chunk::<LENGTH_BYTES>() else {
                return Ok(None);
            };
            let length = usize::from(u16::from_be_bytes(*length));
            if length > longest {
                return Err(TooLong);
            }
            if rest.len() < LENGTH_BYTES + length {
                return Ok(None);
            }
            let begin = self.taken + LENGTH_BYTES;
            self.taken = begin + length;
            if length > 0 {
                return Ok(Some(&self.arrived[begin..begin + length]));
            }
        }
    }
}

/// Frames that wait until the stream takes them.
#[derive(Debug, Default)]
pub(crate) struct FrameWriter {
    frames: VecDeque<Vec<u8>>,
    /// How much of the first frame is written.
    written: usize,
    bytes: usize,
}

impl FrameWriter {
    /// Adds a datagram. Where there is no room the oldest are dropped, but not one that is partly written: what follows it
    /// would not be understood.
    pub(crate) fn push(&mut self, contents: &[u8]) {
        let Ok(length) = u16::try_from(contents.len()) else {
            return;
        };
        let oldest = usize::from(self.written > 0);
        while self.bytes + LENGTH_BYTES + contents.len() > MAX_WAITING
            && let Some(dropped) = self.frames.remove(oldest)
        {
            self.bytes -= dropped.len();
        }
        let frame = [&length.to_be_bytes(), contents].concat();
        self.bytes += frame.len();
        self.frames.push_back(frame);
    }

    /// Writes as much as the stream takes now.
    ///
    /// # Errors
    ///
    /// If the stream is broken; not if it is full.
    pub(crate) fn write(&mut self, stream: &mut impl Write) -> io::Result<()> {
        while let Some(frame) = self.frames.front() {
            match stream.write(&frame[self.written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => self.written += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
            if self.written == frame.len() {
                self.bytes -= frame.len();
                self.written = 0;
                self.frames.pop_front();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_however_the_stream_is_cut() {
        let stream = [0, 3, 1, 2, 3, 0, 0, 0, 1, 4, 0, 2, 5];
        for step in 1..=stream.len() {
            let mut reader = FrameReader::default();
            let mut frames = Vec::new();
            for piece in stream.chunks(step) {
                reader.push(piece);
                while let Some(frame) = reader.next(10).unwrap() {
                    frames.push(frame.to_vec());
                }
                assert!(reader.arrived.len() - reader.taken < 5);
            }
            assert_eq!(frames, [vec![1, 2, 3], vec![4]], "in pieces of {step}");
        }
    }

    #[test]
    fn a_frame_that_is_too_long_is_refused_before_it_is_there() {
        let mut reader = FrameReader::default();
        reader.push(b"GET / HTTP/1.1\r\n");
        assert_eq!(reader.next(2000), Err(TooLong));
    }

    /// Takes so many bytes, then is full.
    struct Narrow(usize, Vec<u8>);

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            if taken == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.0 -= taken;
            self.1.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_slow_stream_loses_the_oldest_frames_whole() {
        let mut writer = FrameWriter::default();
        let mut stream = Narrow(100, Vec::new());
        for number in 0..1000u16 {
            writer.push(&[number.to_be_bytes().as_slice(), &[7; 998]].concat());
            writer.write(&mut stream).unwrap();
            assert!(writer.bytes <= MAX_WAITING);
        }
        stream.0 = usize::MAX;
        writer.write(&mut stream).unwrap();
        assert_eq!(writer.bytes, 0);
        let mut reader = FrameReader::default();
        reader.push(&stream.1);
        let mut numbers = Vec::new();
        while let Some(frame) = reader.next(1000).unwrap() {
            numbers.push(u16::from_be_bytes([frame[0], frame[1]]));
        }
        assert_eq!(numbers[0], 0, "the one that was partly written");
        assert_eq!(numbers.last(), Some(&999));
        assert_eq!(numbers[1..].len(), MAX_WAITING / 1002 - 1);
        assert!(numbers[1..].windows(2).all(|pair| pair[1] == pair[0] + 1));
    }
}
