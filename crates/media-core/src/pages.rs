//! A snapshot in pieces that fit into a frame of the worker protocol.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Instant;

use crate::ids::{ParticipantKey, RoomKey};
use crate::room::Room;
use crate::snapshot::{ParticipantSnapshot, RoomSnapshot};

/// How much a page holds, in slots. A slot with the longest ids takes below 500 bytes, so this is below a frame's 1 MiB
/// with a margin for the rest; with usual ids a page has 200 KB and takes some milliseconds.
const PAGE_SLOTS: usize = 1800;

/// What a participant, with its transport, takes of a page, in slots.
const PARTICIPANT_SLOTS: usize = 3;

/// What a publication, with its layers, takes of a page, in slots.
const PUBLICATION_SLOTS: usize = 2;

/// Where a page begins: with this room's participants that came after this one. On the wire it is a word without a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    room: RoomKey,
    after: ParticipantKey,
}

impl Place {
    pub(crate) const BEGIN: Self = Self { room: RoomKey(0), after: ParticipantKey(0) };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.room.0, self.after.0)
    }
}

impl FromStr for Place {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (room, after) = text.split_once('.').unwrap_or((text, ""));
        Ok(Self { room: RoomKey(room.parse()?), after: ParticipantKey(after.parse()?) })
    }
}

/// One page of these rooms, and where the next one begins. A room may go on in the next page.
pub(crate) fn page(
    rooms: &BTreeMap<RoomKey, Room>,
    only: Option<RoomKey>,
    from: Place,
    now: Instant,
) -> (Vec<RoomSnapshot>, Option<Place>) {
    let mut page = Vec::new();
    let mut left = PAGE_SLOTS;
    for (key, room) in rooms.range(from.room..).filter(|(key, _)| only.is_none_or(|only| only == **key)) {
        let mut after = if *key == from.room { from.after } else { ParticipantKey(0) };
        if left == 0 {
            return (page, Some(Place { room: *key, after }));
        }
        left -= 1;
        let mut participants = Vec::new();
        let mut rest = None;
        for (participant, snapshot) in room.participants_after(after, now) {
            let size = size_of(&snapshot);
            // Whoever comes first has room: an offer has at most 64 lines of each kind.
            if size > left && (!page.is_empty() || !participants.is_empty()) {
                rest = Some(Place { room: *key, after });
                break;
            }
            left = left.saturating_sub(size);
            after = participant;
            participants.push(snapshot);
        }
        page.push(RoomSnapshot { room: room.id.clone(), age_s: room.age_s(now), participants });
        if rest.is_some() {
            return (page, rest);
        }
    }
    (page, None)
}

fn size_of(participant: &ParticipantSnapshot) -> usize {
    PARTICIPANT_SLOTS + PUBLICATION_SLOTS * participant.publications.len() + participant.slots.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_the_wire_and_rubbish_is_refused() {
        let place = Place { room: RoomKey(7), after: ParticipantKey(u32::MAX) };
        assert_eq!(place.to_string().parse(), Ok(place));
        for rubbish in ["", ".", "1", "1.", ".1", "1.2.3", "-1.2", "1.4294967296", "a.b"] {
            assert!(rubbish.parse::<Place>().is_err(), "{rubbish}");
        }
    }
}
