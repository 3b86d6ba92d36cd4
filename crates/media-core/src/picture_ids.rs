//! Continuous VP8 picture ids in a slot (RFC 7741 §4.2): a decoder takes a jump back for late frames, and waits.

use str0m::rtp::{Vp8Descriptor, Vp8Patch};

/// The values of a picture id of 15 bits, and of one of 7 bits.
const LONG: u16 = 0x7fff;
const SHORT: u16 = 0x7f;

/// Maps the picture ids of the layers and publications that a slot shows one after the other onto one sequence.
#[derive(Debug, Default)]
pub(crate) struct PictureIds {
    offset: u16,
    base_offset: u8,
    /// The newest id that was sent, and the newest of the base layer's pictures (TL0PICIDX).
    highest: Option<u16>,
    highest_base: Option<u8>,
}

impl PictureIds {
    /// What to change in a packet; none if nothing. `starts` makes its picture the one that follows all before.
    pub(crate) fn patch(&mut self, payload: &[u8], starts: bool) -> Option<Vp8Patch> {
        let descriptor = Vp8Descriptor::parse(payload).ok()?;
        let (id, base) = (descriptor.picture_id(), descriptor.tl0_pic_idx());
        if starts {
            let next = |(highest, id): (u16, u16)| highest.wrapping_add(1).wrapping_sub(id);
            self.offset = self.highest.zip(id).map_or(0, next);
            let next = |(highest, id): (u8, u8)| highest.wrapping_add(1).wrapping_sub(id);
            self.base_offset = self.highest_base.zip(base).map_or(0, next);
        }
        let mut patch = descriptor.patch();
        if let Some(id) = id {
            // The first bit of the id says how long it is, and it is the third byte.
            let values = if payload.get(2).is_some_and(|first| first & 0x80 != 0) { LONG } else { SHORT };
            let id = id.wrapping_add(self.offset) & values;
            if self.highest.is_none_or(|highest| id.wrapping_sub(highest) & values <= values / 2) {
                self.highest = Some(id);
            }
            patch = patch.picture_id(id);
        }
        if let Some(base) = base {
            let base = base.wrapping_add(self.base_offset);
            if self.highest_base.is_none_or(|highest| base.wrapping_sub(highest) <= u8::MAX / 2) {
                self.highest_base = Some(base);
            }
            patch = patch.tl0_pic_idx(base);
        }
        if self.offset == 0 && self.base_offset == 0 {
            return None;
        }
        patch.build().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first bytes of a payload with these ids, of 15 bits and 8.
    fn payload(id: u16, base: u8) -> [u8; 7] {
        [0x90, 0xe0, 0x80 | (id >> 8) as u8, id as u8, base, 0x20, 0x00]
    }

    /// The ids that are sent for those that came.
    fn sent(ids: &mut PictureIds, came: (u16, u8), starts: bool) -> (u16, u8) {
        let payload = payload(came.0, came.1);
        if ids.patch(&payload, starts).is_none() {
            return came;
        }
        (ids.highest.unwrap(), ids.highest_base.unwrap())
    }

    #[test]
    fn a_switch_goes_on_where_the_ids_were() {
        let mut ids = PictureIds::default();
        assert_eq!(sent(&mut ids, (LONG - 1, 254), true), (LONG - 1, 254));
        assert_eq!(sent(&mut ids, (LONG, 255), false), (LONG, 255));
        assert_eq!(sent(&mut ids, (7000, 9), true), (0, 0));
        assert_eq!(sent(&mut ids, (7001, 10), false), (1, 1));
        assert!(ids.patch(&payload(7000, 9), false).is_some());
        assert_eq!((ids.highest, ids.highest_base), (Some(1), Some(1)), "a late packet is not the newest");
        assert_eq!(sent(&mut ids, (3, 3), true), (2, 2));
    }

    #[test]
    fn short_ids_stay_short() {
        let mut ids = PictureIds::default();
        let short = |id: u8| [0x90, 0x80, id, 0x00];
        assert!(ids.patch(&short(127), true).is_none());
        assert!(ids.patch(&short(5), true).is_some());
        assert_eq!(ids.highest, Some(0));
    }

    #[test]
    fn what_has_no_ids_or_is_broken_is_left_alone() {
        let mut ids = PictureIds { offset: 3, highest: Some(7), ..PictureIds::default() };
        for length in 0..6 {
            assert!(ids.patch(&payload(1, 1)[..length], false).is_none(), "{length} bytes");
        }
        assert!(ids.patch(&[], true).is_none());
    }
}
