//! Connections of controllers: bytes in and out, and who of them is the controller.

use std::io::{self, Read, Write};

use media_core::FactJournal;
use mio::net::UnixStream;

use crate::wire::{self, FromWorker, Hello, RefusalCode, ToWorker, WireError};

/// How many bytes may wait for a controller that does not read before facts wait in the journal instead. Enough for a
/// burst of answers, little enough to be no matter of memory.
const MAX_WAITING: usize = 1024 * 1024;

/// One connection.
pub(crate) struct Connection {
    pub(crate) stream: UnixStream,
    arrived: Vec<u8>,
    waiting: Vec<u8>,
    /// The epoch of its hello, once that was accepted.
    pub(crate) epoch: Option<u64>,
    last_fact: u64,
    closing: bool,
}

impl Connection {
    pub(crate) fn new(stream: UnixStream) -> Self {
        Self { stream, arrived: Vec::new(), waiting: Vec::new(), epoch: None, last_fact: 0, closing: false }
    }

    /// Reads what has arrived. False when the other end is gone.
    pub(crate) fn read(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return false,
                Ok(length) => {
                    if !self.closing {
                        self.arrived.extend_from_slice(&buffer[..length]);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
    }

    /// The next whole message.
    pub(crate) fn next_message(&mut self) -> Result<Option<ToWorker>, WireError> {
        if self.closing {
            return Ok(None);
        }
        wire::take_frame(&mut self.arrived)?.map(|body| wire::decode(&body)).transpose()
    }

    /// Sends a message, now or when there is room. False if it is too large for a frame.
    pub(crate) fn send(&mut self, message: &FromWorker) -> bool {
        let Some(frame) = wire::encode(message) else {
            return false;
        };
        if !self.closing {
            self.waiting.extend_from_slice(&frame);
        }
        true
    }

    /// Sends a last message; nothing is read any more, and the connection ends when it is written.
    pub(crate) fn send_last(&mut self, message: &FromWorker) {
        self.send(message);
        self.closing = true;
    }

    /// Sends the facts that it was not sent yet, as far as it keeps up.
    pub(crate) fn send_facts(&mut self, journal: &FactJournal) {
        if self.epoch.is_none() || self.closing {
            return;
        }
        for numbered in journal.after(self.last_fact) {
            if self.waiting.len() > MAX_WAITING {
                return;
            }
            self.last_fact = numbered.number;
            let message = FromWorker::Fact { number: numbered.number, fact: numbered.fact.clone() };
            self.send(&message);
        }
    }

    /// Whether everything sent is on its way.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Writes what waits. False when the connection is to be dropped.
    pub(crate) fn write(&mut self) -> bool {
        let mut written = 0;
        let alive = loop {
            match self.waiting.get(written..) {
                None | Some([]) => break !self.closing,
                Some(rest) => match self.stream.write(rest) {
                    Ok(0) => break false,
                    Ok(length) => written += length,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => break error.kind() == io::ErrorKind::WouldBlock,
                },
            }
        };
        self.waiting.drain(..written);
        alive
    }
}

/// Whether a hello can be accepted: with this version, or refused with this message.
pub(crate) fn judge(hello: &Hello, highest_epoch: u64) -> Result<u32, FromWorker> {
    let refused = |code, message| Err(FromWorker::Refused { code, message });
    let protocol = hello.protocol_max.min(*wire::PROTOCOL.end());
    if protocol < hello.protocol_min || protocol < *wire::PROTOCOL.start() {
        let (min, max) = (wire::PROTOCOL.start(), wire::PROTOCOL.end());
        return refused(RefusalCode::ProtocolUnsupported, format!("this worker speaks versions {min} to {max}"));
    }
    if hello.epoch < highest_epoch {
        let message = format!("epoch {highest_epoch} has been here, {} is older", hello.epoch);
        return refused(RefusalCode::StaleEpoch, message);
    }
    Ok(protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_needs_a_common_version_and_an_epoch_that_is_not_older() {
        let hello =
            |protocol_min, protocol_max, epoch| Hello { protocol_min, protocol_max, build: String::new(), epoch };
        let code = |hello| match judge(&hello, 5) {
            Err(FromWorker::Refused { code, .. }) => Some(code),
            _ => None,
        };
        assert_eq!(judge(&hello(1, 1, 5), 5), Ok(1));
        assert_eq!(judge(&hello(0, 9, 6), 5), Ok(1));
        assert_eq!(code(hello(2, 3, 6)), Some(RefusalCode::ProtocolUnsupported));
        assert_eq!(code(hello(0, 0, 6)), Some(RefusalCode::ProtocolUnsupported));
        assert_eq!(code(hello(1, 1, 4)), Some(RefusalCode::StaleEpoch));
    }
}
