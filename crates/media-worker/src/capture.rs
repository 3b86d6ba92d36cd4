//! The files of packet captures. They are written by a thread of their own: a disk may take its time, and packets do not wait.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::mpsc::{self, Receiver, SyncSender, TryRecvError};

use media_core::CaptureFile;

/// How many packets may wait for the disk; what is more is left out, and counted. At most some 10 MB, and half a second of a
/// worker at work.
const WAITING: usize = 8192;

struct Writer(SyncSender<Vec<u8>>);

impl CaptureFile for Writer {
    fn write(&mut self, piece: Vec<u8>) -> bool {
        self.0.try_send(piece).is_ok()
    }
}

/// Makes the file, for its owner only, and a thread that ends when the capture does.
pub(crate) fn open(path: &str) -> io::Result<Box<dyn CaptureFile>> {
    // Only a new file: a link that somebody has put there would lead elsewhere.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let (sender, receiver) = mpsc::sync_channel(WAITING);
    std::thread::Builder::new().name("capture".to_owned()).spawn(move || {
        if let Err(error) = write_all(file, &receiver) {
            tracing::warn!(error = %error.kind(), "packet capture cannot be written");
        }
    })?;
    Ok(Box::new(Writer(sender)))
}

fn write_all(file: File, pieces: &Receiver<Vec<u8>>) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    loop {
        let piece = match pieces.try_recv() {
            Ok(piece) => piece,
            Err(TryRecvError::Disconnected) => return file.flush(),
            Err(TryRecvError::Empty) => {
                // Whoever looks at the file now sees all that has come so far.
                file.flush()?;
                match pieces.recv() {
                    Ok(piece) => piece,
                    Err(mpsc::RecvError) => return Ok(()),
                }
            }
        };
        file.write_all(&piece)?;
    }
}
