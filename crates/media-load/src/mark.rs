//! What the end of each payload says, encrypted like the rest: who sent it, which one it is, and when.

use std::time::Duration;

/// How many bytes a mark takes at the end of a payload.
pub(crate) const LENGTH: usize = 20;

const MAGIC: [u8; 4] = *b"rbld";

/// A packet's own word about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The SSRC under which it was published.
    pub(crate) origin: u32,
    /// 0, 1, 2 … per origin.
    pub(crate) number: u32,
    /// When it was sent, since the Unix epoch; to the microsecond.
    pub(crate) sent: Duration,
}

impl Mark {
    /// Writes the mark over the end of a payload that is long enough.
    pub(crate) fn write(self, payload: &mut [u8]) {
        let Some(end) = payload.last_chunk_mut::<LENGTH>() else {
            return;
        };
        end[..4].copy_from_slice(&MAGIC);
        end[4..8].copy_from_slice(&self.origin.to_be_bytes());
        end[8..12].copy_from_slice(&self.number.to_be_bytes());
        end[12..].copy_from_slice(&(self.sent.as_micros() as u64).to_be_bytes());
    }

    /// Reads the mark of a payload; none if it has none.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let end = payload.last_chunk::<LENGTH>()?;
        if end[..4] != MAGIC {
            return None;
        }
        let word = |at: usize| end[at..].first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes));
        let sent = Duration::from_micros(u64::from_be_bytes(*end[12..].first_chunk::<8>()?));
        Some(Self { origin: word(4)?, number: word(8)?, sent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else_is_a_mark() {
        let mark = Mark { origin: 7, number: 8, sent: Duration::from_micros(1_700_000_000_000_009) };
        let mut payload = [0; 80];
        assert_eq!(Mark::read(&payload), None);
        mark.write(&mut payload);
        assert_eq!(Mark::read(&payload), Some(mark));
        assert_eq!(Mark::read(&payload[61..]), None);
    }
}
