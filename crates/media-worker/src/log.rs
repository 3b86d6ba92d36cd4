//! The log's way out. Whoever reads it may stand still (a control plane that hangs, a terminal that was stopped), and packets
//! do not wait for that: lines go to a thread of their own, and those that find no place are left out.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::Duration;

/// How many lines may wait. They are short: together below a megabyte.
const WAITING: usize = 4096;

/// How long the last lines may take when the program ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

enum Piece {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

/// Takes lines and never waits.
#[derive(Clone)]
pub struct Log(SyncSender<Piece>);

impl Log {
    /// A log that goes to the standard error.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn to_stderr() -> io::Result<Self> {
        let (sender, receiver) = mpsc::sync_channel(WAITING);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&receiver, &mut io::stderr()))?;
        Ok(Self(sender))
    }

    /// Waits until what was said before is written, but not for long.
    pub fn flush_for_good(&self) {
        let (done, is_done) = mpsc::sync_channel(1);
        if self.0.try_send(Piece::Flush(done)).is_ok() {
            // Whoever does not read does not get the last words either.
            let _ = is_done.recv_timeout(FLUSH_TIMEOUT);
        }
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A line that finds no place is left out; the log must not keep the program waiting.
        let _ = self.0.try_send(Piece::Line(line.to_vec()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(pieces: &Receiver<Piece>, out: &mut impl Write) {
    for piece in pieces {
        match piece {
            // Nobody can be told that nobody reads.
            Piece::Line(line) => drop(out.write_all(&line)),
            Piece::Flush(done) => drop(done.try_send(())),
        }
    }
}
