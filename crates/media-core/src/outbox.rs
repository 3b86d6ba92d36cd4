//! What waits to be sent: sound and control before pictures.
//!
//! One turn of the process may make thousands of datagrams. They leave within milliseconds, but not at once, and what the
//! system has no room for is lost; a picture can be repaired or made coarser, and a gap in a voice is heard.

use std::collections::VecDeque;

use crate::command::Kind;
use crate::worker::Datagram;

/// What a datagram is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// STUN, DTLS, RTCP: few, small, and everything depends on them.
    Control,
    /// RTP of an audio codec.
    Audio,
    /// RTP of a video codec.
    Video,
    /// Any other RTP: what is sent again, and what is sent to measure.
    Repair,
}

impl Class {
    /// What a datagram of ours is for; `kind` knows the codecs' payload types.
    pub(crate) fn of(contents: &[u8], kind: impl FnOnce(u8) -> Option<Kind>) -> Self {
        // RTP begins with 128 to 191 (RFC 7983 §7), RTCP too, but for its types (RFC 5761 §4).
        match contents {
            [128..=191, second, ..] if !(192..224).contains(second) => match kind(second & 0x7f) {
                Some(Kind::Audio) => Self::Audio,
                Some(Kind::Video) => Self::Video,
                None => Self::Repair,
            },
            _ => Self::Control,
        }
    }
}

/// Datagrams in the order in which they shall leave.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    first: VecDeque<Datagram>,
    pictures: VecDeque<Datagram>,
    repairs: u64,
}

impl Outbox {
    pub(crate) fn push(&mut self, class: Class, datagram: Datagram) {
        match class {
            Class::Control | Class::Audio => self.first.push_back(datagram),
            Class::Video => self.pictures.push_back(datagram),
            Class::Repair => {
                self.repairs += 1;
                self.pictures.push_back(datagram);
            }
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Datagram> {
        self.first.pop_front().or_else(|| self.pictures.pop_front())
    }

    /// How many datagrams were pushed to send something again, or to measure.
    pub(crate) fn repairs(&self) -> u64 {
        self.repairs
    }

    /// How much waits now; [`Outbox::since`] tells what came after.
    pub(crate) fn mark(&self) -> (usize, usize) {
        (self.first.len(), self.pictures.len())
    }

    /// What was pushed after this mark, if nothing was popped since.
    pub(crate) fn since(&self, (first, pictures): (usize, usize)) -> impl Iterator<Item = &Datagram> {
        self.first.iter().skip(first).chain(self.pictures.iter().skip(pictures))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::five_tuple::{FiveTuple, Protocol};

    #[test]
    fn a_datagram_is_known_by_its_first_two_bytes() {
        let kind = |payload_type| match payload_type {
            111 => Some(Kind::Audio),
            96 => Some(Kind::Video),
            _ => None,
        };
        assert_eq!(Class::of(&[0x80, 111], kind), Class::Audio);
        assert_eq!(Class::of(&[0x90, 0x80 | 0x60], kind), Class::Video, "with a marker");
        assert_eq!(Class::of(&[0x80, 97], kind), Class::Repair);
        for control in [&[0x80, 200][..], &[0x80, 206], &[0, 1], &[22, 254], &[0x80], &[]] {
            assert_eq!(Class::of(control, kind), Class::Control, "{control:?}");
        }
    }

    #[test]
    fn sound_overtakes_pictures_and_nothing_else_changes_places() {
        let mut outbox = Outbox::default();
        let classes = [Class::Video, Class::Audio, Class::Repair, Class::Video, Class::Control, Class::Audio];
        for (number, class) in classes.into_iter().enumerate() {
            let address = ([192, 0, 2, 1], 1).into();
            let tuple = FiveTuple { protocol: Protocol::Udp, worker: address, client: address };
            outbox.push(class, Datagram { tuple, contents: vec![number as u8] });
        }
        let mark = (1, 1);
        assert_eq!(outbox.since(mark).map(|datagram| datagram.contents[0]).collect::<Vec<_>>(), [4, 5, 2, 3]);
        let order: Vec<u8> = std::iter::from_fn(|| outbox.pop()).map(|datagram| datagram.contents[0]).collect();
        assert_eq!(order, [1, 4, 5, 0, 2, 3]);
        assert_eq!(outbox.repairs(), 1);
    }
}
