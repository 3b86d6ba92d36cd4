//! Who is heard: which microphones the slots carry that are mapped to "the loudest", and in which of them.
//!
//! A room has one order of its microphones for everybody. A participant's slots carry the first ones of it, its own and
//! those in its other slots left out. A microphone rises past another when it is clearly louder *for a short time* than
//! the other was at any moment *for a long time*. So silence changes nothing, equal voices do not take turns, and whoever
//! speaks keeps the slot between two words. All is decided when a louder packet arrives; nothing waits for a timer.
//!
//! A packet costs a comparison with each of the few in the order, and only if it is loud; the number of microphones and
//! of receivers does not matter until the order changes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::ids::PublicationKey;
use crate::levels::{LEVELS_INTERVAL, Meter, SILENCE};

/// For how long somebody must have been quieter before another takes the place. Longer than the pauses within speech,
/// so that nobody is cut off in the middle of a sentence; short enough that a conversation passes from one to the next.
pub(crate) const QUIET_TIME: Duration = Duration::from_secs(1);

/// How much louder than another's loudest moment one must be to take the place, in dB: what sounds twice as loud. Less
/// would let whoever has the better microphone interrupt; more would let a fan in one room hide a voice in another.
const MARGIN: i8 = 10;

/// What counts as a voice at all, in dB relative to full scale. Soft speech at a laptop is around -45, a quiet room with
/// noise suppression below -70.
const VOICE: i8 = -60;

/// Of so many packets in a row the quietest counts, so that a click or a cough's beginning takes no place. At 20 ms a
/// packet, a voice is heard from its third packet on: 40 ms late.
const SUSTAINED_PACKETS: usize = 3;

/// The order of a room's microphones, as far as anybody can hear them.
#[derive(Debug, Default)]
pub(crate) struct Loudest {
    voices: BTreeMap<PublicationKey, Voice>,
    /// Who comes first is heard by everybody else; at most [`Loudest::places`].
    order: Vec<PublicationKey>,
    places: usize,
}

#[derive(Debug)]
struct Voice {
    meter: Meter,
    /// How loud its last packets were.
    last: [i8; SUSTAINED_PACKETS],
}

impl Loudest {
    /// A microphone comes.
    pub(crate) fn add(&mut self, microphone: PublicationKey, now: Instant) {
        let voice = Voice { meter: Meter::default(), last: [SILENCE; SUSTAINED_PACKETS] };
        self.voices.insert(microphone, voice);
        self.fill(now);
    }

    /// A microphone goes; the loudest of those without a place takes its own.
    pub(crate) fn remove(&mut self, microphone: PublicationKey, now: Instant) {
        self.voices.remove(&microphone);
        self.order.retain(|other| *other != microphone);
        self.fill(now);
    }

    /// How many microphones the order has: one more than the most that anybody receives, as one may be the receiver's.
    pub(crate) fn set_places(&mut self, places: usize, now: Instant) {
        self.places = places;
        self.order.truncate(places);
        self.fill(now);
    }

    /// The order, first who is heard first.
    pub(crate) fn order(&self) -> &[PublicationKey] {
        &self.order
    }

    /// A packet of a microphone says how loud it is. True if the order has changed.
    pub(crate) fn note(&mut self, microphone: PublicationKey, loudness: i8, now: Instant) -> bool {
        let Some(voice) = self.voices.get_mut(&microphone) else {
            return false;
        };
        voice.meter.note(loudness, now);
        voice.last.rotate_left(1);
        voice.last[SUSTAINED_PACKETS - 1] = loudness;
        let sustained = voice.last.iter().copied().min().unwrap_or(SILENCE);
        if sustained < VOICE {
            return false;
        }
        let own_place = self.order.iter().position(|other| *other == microphone);
        // The quiet ones before it move back, each to the place of the next quiet one; all others keep theirs.
        let mut mover = microphone;
        for place in 0..own_place.unwrap_or(self.order.len()) {
            if self.loudness(self.order[place], QUIET_TIME, now).saturating_add(MARGIN) <= sustained {
                mover = std::mem::replace(&mut self.order[place], mover);
            }
        }
        if mover == microphone {
            return false;
        }
        if let Some(own_place) = own_place {
            self.order[own_place] = mover;
        }
        true
    }

    /// How loud a microphone was at its loudest in the last [`LEVELS_INTERVAL`]; what is no voice is silence, so that there is
    /// nothing to say of a room in which nobody speaks.
    pub(crate) fn level(&self, microphone: PublicationKey, now: Instant) -> i8 {
        let loudness = self.loudness(microphone, LEVELS_INTERVAL, now);
        if loudness < VOICE { SILENCE } else { loudness }
    }

    /// Whether a microphone was a voice within [`QUIET_TIME`], so that moving it to another slot could be heard.
    pub(crate) fn sounds(&self, microphone: PublicationKey, now: Instant) -> bool {
        self.loudness(microphone, QUIET_TIME, now) >= VOICE
    }

    fn loudness(&self, microphone: PublicationKey, last: Duration, now: Instant) -> i8 {
        self.voices.get(&microphone).map_or(SILENCE, |voice| voice.meter.loudest_of(last, now))
    }

    /// Gives free places to the loudest that have none; among equals to those who came first.
    fn fill(&mut self, now: Instant) {
        while self.order.len() < self.places.min(self.voices.len()) {
            let free = self.voices.keys().rev().copied().filter(|microphone| !self.order.contains(microphone));
            let Some(loudest) = free.max_by_key(|microphone| self.loudness(*microphone, QUIET_TIME, now)) else {
                return;
            };
            self.order.push(loudest);
        }
    }
}

/// One of a participant's slots that carry the loudest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LoudestSlot {
    pub(crate) index: u16,
    pub(crate) carries: Option<PublicationKey>,
}

/// Distributes microphones, at most one per slot, over a participant's slots. One that `sounds` stays where it is; the
/// others go to the slot with the same index as their camera's (`partner`) if it is free, otherwise stay or take any.
pub(crate) fn distribute(
    slots: &mut [LoudestSlot],
    wanted: &[PublicationKey],
    sounds: impl Fn(PublicationKey) -> bool,
    partner: impl Fn(PublicationKey) -> Option<u16>,
) {
    let before: Vec<LoudestSlot> = slots.to_vec();
    for slot in slots.iter_mut() {
        slot.carries = slot.carries.filter(|carried| wanted.contains(carried) && sounds(*carried));
    }
    let place = |slots: &mut [LoudestSlot], microphone, fits: &dyn Fn(u16) -> bool| {
        let waits = slots.iter().all(|slot| slot.carries != Some(microphone));
        if let Some(slot) = slots.iter_mut().find(|slot| waits && slot.carries.is_none() && fits(slot.index)) {
            slot.carries = Some(microphone);
        }
    };
    for microphone in wanted {
        let partner = partner(*microphone);
        place(slots, *microphone, &|index| Some(index) == partner);
    }
    for LoudestSlot { index: own, carries } in before {
        if let Some(microphone) = carries.filter(|carried| wanted.contains(carried)) {
            place(slots, microphone, &|index| index == own);
        }
    }
    for microphone in wanted {
        place(slots, *microphone, &|_| true);
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    const PACKET: Duration = Duration::from_millis(20);

    /// A room of microphones that send a packet every 20 ms.
    struct Room {
        loudest: Loudest,
        now: Instant,
        levels: Vec<i8>,
        changes: usize,
    }

    impl Room {
        fn new(microphones: usize, places: usize) -> Self {
            let mut room = Self {
                loudest: Loudest::default(),
                now: Instant::now(),
                levels: vec![SILENCE; microphones],
                changes: 0,
            };
            room.loudest.set_places(places, room.now);
            (0..microphones).for_each(|number| room.loudest.add(PublicationKey(number as u32), room.now));
            room
        }

        /// Lets these microphones be this loud for a time.
        fn talk(&mut self, levels: &[(usize, i8)], milliseconds: u32) {
            for (number, level) in levels {
                self.levels[*number] = *level;
            }
            for _ in 0..milliseconds / 20 {
                self.now += PACKET;
                for (number, level) in self.levels.clone().into_iter().enumerate() {
                    let changed = self.loudest.note(PublicationKey(number as u32), level, self.now);
                    self.changes += usize::from(changed);
                }
            }
        }

        fn order(&self) -> Vec<u32> {
            self.loudest.order().iter().map(|key| key.0).collect()
        }

        fn hears(&self, microphone: u32) -> bool {
            self.order().contains(&microphone)
        }
    }

    #[test]
    fn in_silence_those_who_came_first_have_the_places_and_keep_them() {
        let mut room = Room::new(9, 3);
        room.talk(&[(7, -70), (8, VOICE - 1)], 60_000);
        assert_eq!((room.order(), room.changes), (vec![0, 1, 2], 0));
    }

    #[test]
    fn a_voice_is_heard_from_its_third_packet_on() {
        let mut room = Room::new(9, 3);
        room.talk(&[], 5_000);
        room.talk(&[(7, -30)], 40);
        assert!(!room.hears(7));
        room.talk(&[(7, -30)], 20);
        assert_eq!(room.order(), [7, 0, 1]);
    }

    #[test]
    fn a_click_takes_no_place() {
        let mut room = Room::new(9, 3);
        for _ in 0..50 {
            room.talk(&[(7, -3)], 40);
            room.talk(&[(7, -80)], 60);
        }
        assert_eq!(room.changes, 0);
    }

    #[test]
    fn who_speaks_stays_between_words_and_is_displaced_after_a_silence() {
        let mut room = Room::new(4, 1);
        room.talk(&[(0, -20)], 1_000);
        room.talk(&[(0, SILENCE), (3, -15)], 980);
        assert_eq!(room.order(), [0]);
        room.talk(&[], 20);
        assert_eq!(room.order(), [3]);
    }

    #[test]
    fn equal_voices_do_not_take_turns() {
        let mut room = Room::new(6, 3);
        let mut random = fastrand::Rng::with_seed(1);
        let voices: Vec<(usize, i8)> = (0..6).map(|number| (number, -22)).collect();
        room.talk(&voices, 1_000);
        let settled = room.changes;
        for _ in 0..3_000 {
            // Each word of everybody is a little louder or softer than the last.
            let voices: Vec<(usize, i8)> = (0..6).map(|number| (number, random.i8(-24..=-19))).collect();
            room.talk(&voices, 100);
        }
        assert_eq!(room.changes, settled);
    }

    #[test]
    fn a_fan_gives_way_to_a_voice_and_a_voice_does_not_give_way_to_a_fan() {
        let mut room = Room::new(3, 1);
        room.talk(&[(0, -45)], 5_000);
        room.talk(&[(2, -30)], 60);
        assert_eq!(room.order(), [2]);
        room.talk(&[(2, -30)], 3_000);
        assert_eq!((room.order(), room.changes), (vec![2], 1));
    }

    #[test]
    fn only_the_quiet_make_room_and_the_others_keep_their_places() {
        let mut room = Room::new(6, 4);
        room.talk(&[(0, -20), (2, -20)], 2_000);
        assert_eq!(room.order(), [0, 2, 1, 3]);
        room.talk(&[(5, -20)], 100);
        assert_eq!(room.order(), [0, 2, 5, 1]);
        room.talk(&[(0, SILENCE)], 1_200);
        assert_eq!(room.order(), [2, 5, 0, 1], "0 is behind those who speak, and before 1 who never did");
    }

    #[test]
    fn the_place_of_one_who_goes_is_taken_by_the_loudest_of_the_others() {
        let mut room = Room::new(6, 2);
        room.talk(&[(0, -10), (1, -10), (4, -30), (5, -50)], 2_000);
        room.loudest.remove(PublicationKey(0), room.now);
        assert_eq!(room.order(), [1, 4]);
        room.loudest.set_places(3, room.now);
        assert_eq!(room.order(), [1, 4, 5]);
        room.loudest.set_places(1, room.now);
        assert_eq!(room.order(), [1]);
        (0..6).for_each(|number| room.loudest.remove(PublicationKey(number), room.now));
        assert_eq!(room.order(), [] as [u32; 0]);
        assert!(!room.loudest.note(PublicationKey(1), 0, room.now), "one that went says nothing");
    }

    /// Whatever is said by whom, with losses and pauses: compared with looking at all packets again.
    #[test]
    fn who_loses_a_place_was_quiet_and_who_is_loud_passes_all_who_are() {
        let mut random = fastrand::Rng::with_seed(5);
        let mut moves = 0;
        for _ in 0..40 {
            let (microphones, places) = (random.u32(1..12), random.usize(1..6));
            let mut room = Room::new(microphones as usize, places);
            let mut packets: Vec<Vec<(Instant, i8)>> = vec![vec![]; microphones as usize];
            let mut means: Vec<i8> = vec![-90; microphones as usize];
            for _ in 0..3_000 {
                room.now += Duration::from_millis(random.u64(0..15));
                let number = random.u32(0..microphones) as usize;
                if random.u8(..) < 8 {
                    means[number] = random.i8(-110..=-10);
                }
                let level = means[number].saturating_add(random.i8(-10..=10));
                packets[number].push((room.now, level));
                let before = room.order();
                let changed = room.loudest.note(PublicationKey(number as u32), level, room.now);
                let after = room.order();
                assert_eq!(changed, before != after);
                moves += usize::from(changed);
                let distinct: std::collections::BTreeSet<_> = after.iter().collect();
                assert_eq!((distinct.len(), after.len()), (after.len(), places.min(microphones as usize)));

                let last: Vec<i8> = packets[number].iter().rev().take(3).map(|(_, level)| *level).collect();
                let sustained = if last.len() < 3 { SILENCE } else { last.into_iter().min().unwrap() };
                let is_quiet = |other: u32| {
                    let recent = packets[other as usize].iter().filter(|(at, _)| room.now - *at < QUIET_TIME);
                    recent.map(|(_, level)| *level).max().unwrap_or(SILENCE) + MARGIN <= sustained
                };
                let place = |order: &[u32], who: u32| order.iter().position(|other| *other == who).unwrap_or(places);
                for other in &before {
                    let lost = place(&after, *other) > place(&before, *other);
                    assert!(!lost || sustained >= VOICE && is_quiet(*other), "{other} was pushed back by {number}");
                }
                let ahead = &after[..place(&after, number as u32).min(after.len())];
                assert!(sustained < VOICE || !ahead.iter().any(|other| is_quiet(*other)), "{number} was held back");
            }
        }
        assert!(moves > 500, "only {moves} moves");
    }

    fn slots(carries: &[Option<u32>]) -> Vec<LoudestSlot> {
        let slots = carries.iter().enumerate();
        slots.map(|(index, key)| LoudestSlot { index: index as u16, carries: key.map(PublicationKey) }).collect()
    }

    fn distributed(before: &[Option<u32>], wanted: &[u32], sounding: &[u32], partners: &[(u32, u16)]) -> Vec<i64> {
        let mut after = slots(before);
        let wanted: Vec<PublicationKey> = wanted.iter().copied().map(PublicationKey).collect();
        let partner = |key: PublicationKey| partners.iter().find(|(who, _)| *who == key.0).map(|(_, index)| *index);
        distribute(&mut after, &wanted, |key| sounding.contains(&key.0), partner);
        after.into_iter().map(|slot| slot.carries.map_or(-1, |key| i64::from(key.0))).collect()
    }

    #[test]
    fn a_microphone_goes_to_the_slot_of_its_camera_if_that_is_free() {
        assert_eq!(distributed(&[None, None, None], &[7, 8], &[], &[(7, 2), (8, 0)]), [8, -1, 7]);
        assert_eq!(distributed(&[None, None, None], &[7, 8], &[], &[(8, 0), (7, 9)]), [8, 7, -1]);
        assert_eq!(distributed(&[Some(5), None], &[5, 7], &[5], &[(7, 0)]), [5, 7], "5 speaks there");
        assert_eq!(distributed(&[Some(5), None], &[5, 7], &[], &[(7, 0)]), [7, 5], "nobody hears 5 move");
    }

    #[test]
    fn what_is_carried_stays_and_what_is_not_wanted_goes() {
        assert_eq!(distributed(&[Some(1), Some(2), Some(3)], &[3, 1, 9], &[1, 3], &[]), [1, 9, 3]);
        assert_eq!(distributed(&[Some(1), Some(2), Some(3)], &[3, 1, 9], &[], &[]), [1, 9, 3]);
        assert_eq!(distributed(&[Some(1), Some(2), Some(3)], &[2], &[2], &[(2, 0)]), [-1, 2, -1]);
        assert_eq!(distributed(&[Some(1), None], &[], &[], &[]), [-1, -1]);
        assert_eq!(distributed(&[], &[1], &[], &[]), [] as [i64; 0]);
    }

    #[test]
    fn every_wanted_microphone_is_carried_once_and_those_that_sound_do_not_move() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..20_000 {
            let count = random.usize(1..6);
            let mut carried: Vec<Option<u32>> = (0..count as u32).map(|key| random.bool().then_some(key)).collect();
            random.shuffle(&mut carried);
            let mut wanted: Vec<u32> = (0..8).filter(|_| random.bool()).collect();
            wanted.truncate(count);
            let sounding: Vec<u32> = (0..8).filter(|_| random.bool()).collect();
            let partners: Vec<(u32, u16)> = (0..8).map(|key| (key, random.u16(0..8))).collect();
            let after = distributed(&carried, &wanted, &sounding, &partners);
            let mut present: Vec<u32> = after.iter().filter(|key| **key >= 0).map(|key| *key as u32).collect();
            for (index, key) in carried.iter().enumerate() {
                let stays = key.filter(|key| wanted.contains(key) && sounding.contains(key));
                assert!(stays.is_none_or(|key| after[index] == i64::from(key)));
            }
            present.sort_unstable();
            assert_eq!(present, wanted);
            let carried: Vec<Option<u32>> = after.iter().map(|key| u32::try_from(*key).ok()).collect();
            assert_eq!(distributed(&carried, &wanted, &sounding, &partners), after, "and then nothing moves any more");
        }
    }
}
