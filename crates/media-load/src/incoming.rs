//! What arrives in one slot: counted always, decrypted and checked sometimes.

use std::time::Duration;

use rtc_srtp::context::Context as SrtpContext;

use crate::feedback::Received;
use crate::mark::Mark;
use crate::rtp::Header;

/// How many sequence numbers behind the newest one are remembered to tell a late packet from a repeated one.
const WINDOW: u64 = 128;

/// What was counted since the counting began.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    /// Sequence numbers that never came.
    pub(crate) lost: u64,
    pub(crate) duplicates: u64,
    /// Packets decrypted, authenticated, and found to be what a publisher sent, in the order in which it was sent.
    pub(crate) verified: u64,
    /// Packets that failed at that.
    pub(crate) spoiled: u64,
    /// Packets of publications that the slot was never mapped to.
    pub(crate) foreign: u64,
    /// Repetitions and probes on the streams beside the slots' own.
    pub(crate) repairs: u64,
    /// From sending to arrival, of each verified packet, in microseconds.
    pub(crate) delays: Vec<u32>,
}

impl Tally {
    /// Adds another's figures.
    pub(crate) fn add(&mut self, other: &Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
        self.lost += other.lost;
        self.duplicates += other.duplicates;
        self.verified += other.verified;
        self.spoiled += other.spoiled;
        self.foreign += other.foreign;
        self.repairs += other.repairs;
        self.delays.extend_from_slice(&other.delays);
    }
}

/// What a slot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Audio,
    Video,
}

/// The receiving end of a slot.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) kind: Kind,
    pub(crate) index: usize,
    /// The newest sequence number, extended; none before the first packet.
    newest: Option<u64>,
    /// Bit n: the number n before the newest has come.
    window: u128,
    /// Numbers that were expected, since the counting began.
    expected: u64,
    /// The transport's: expected and received over the whole life, for receiver reports.
    life: (u64, u64),
    /// What of it the last receiver report told.
    told: (u64, u64),
    until_check: u32,
    /// The last verified packet: extended sequence number, and what it said of itself.
    last: Option<(u64, Mark)>,
    /// Publications that were seen, with the packets of each.
    seen: Vec<(u32, u64)>,
    /// Publications that the slot was mapped to, ever.
    mapped: Vec<u32>,
    /// Whether it may show anybody: whoever is loud.
    anybody: bool,
    /// Which publication each origin was seen as; it must stay the same one.
    origins: Vec<(u32, u32)>,
    tally: Tally,
}

impl Incoming {
    pub(crate) fn new(kind: Kind, index: usize) -> Self {
        Self {
            kind,
            index,
            newest: None,
            window: 0,
            expected: 0,
            life: (0, 0),
            told: (0, 0),
            until_check: 0,
            last: None,
            seen: Vec::new(),
            mapped: Vec::new(),
            anybody: false,
            origins: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// The slot shows this publication from now on; or whichever the server finds, if none is named.
    pub(crate) fn map(&mut self, number: Option<u32>) {
        match number {
            None => self.anybody = true,
            Some(number) if !self.mapped.contains(&number) => self.mapped.push(number),
            Some(_) => {}
        }
    }

    /// Takes a packet; every `share`-th is decrypted and checked. True if this one was, and was good.
    pub(crate) fn receive(
        &mut self,
        packet: &[u8],
        header: &Header,
        at: Duration,
        share: u32,
        keys: &mut SrtpContext,
    ) -> bool {
        let Some(sequence) = self.count(header.sequence) else {
            self.tally.duplicates += 1;
            return false;
        };
        self.tally.packets += 1;
        self.tally.bytes += packet.len() as u64;
        let number = header.csrc.unwrap_or(0);
        match self.seen.iter_mut().find(|(seen, _)| *seen == number) {
            Some((_, packets)) => *packets += 1,
            None => self.seen.push((number, 1)),
        }
        if self.until_check > 0 {
            self.until_check -= 1;
            return false;
        }
        self.until_check = share.saturating_sub(1);
        let good = keys.decrypt_rtp(packet).is_ok_and(|plain| {
            plain.get(header.length..).and_then(Mark::read).is_some_and(|mark| self.check(sequence, number, mark, at))
        });
        if good {
            self.tally.verified += 1;
        } else {
            self.tally.spoiled += 1;
        }
        good
    }

    /// The packet's extended number; none if it has come before.
    fn count(&mut self, sequence: u16) -> Option<u64> {
        let Some(newest) = self.newest else {
            let first = 0x1_0000 + u64::from(sequence);
            self.newest = Some(first);
            self.window = 1;
            self.expected += 1;
            self.life = (1, 1);
            return Some(first);
        };
        let ahead = sequence.wrapping_sub(newest as u16).cast_signed();
        let number = newest.checked_add_signed(i64::from(ahead))?;
        if ahead > 0 {
            let step = number - newest;
            self.window = if step < WINDOW { self.window << step | 1 } else { 1 };
            self.newest = Some(number);
            self.expected += step;
            self.life.0 += step;
        } else {
            let behind = newest - number;
            if behind >= WINDOW || self.window >> behind & 1 == 1 {
                return None;
            }
            self.window |= 1 << behind;
        }
        self.life.1 += 1;
        Some(number)
    }

    /// Whether a packet is the one that its place in the slot says, of the same origin and as many further as in the slot;
    /// and whether that origin has always had this publication's number.
    fn check(&mut self, sequence: u64, number: u32, mark: Mark, at: Duration) -> bool {
        let in_order = match self.last {
            Some((before, last)) if last.origin == mark.origin => {
                mark.number.wrapping_sub(last.number) == (sequence as u32).wrapping_sub(before as u32)
            }
            _ => true,
        };
        self.last = Some((sequence, mark));
        self.tally.delays.push(at.saturating_sub(mark.sent).as_micros().min(u128::from(u32::MAX)) as u32);
        let known = self.origins.iter().find(|(origin, _)| *origin == mark.origin);
        let is_named_well = known.is_none_or(|(_, known)| *known == number);
        if known.is_none() {
            self.origins.push((mark.origin, number));
        }
        in_order && is_named_well
    }

    /// What the next receiver report says of the slot; nothing before the first packet.
    pub(crate) fn report(&mut self) -> Option<Received> {
        let newest = self.newest? - 0x1_0000;
        let (expected, received) = (self.life.0 - self.told.0, self.life.1 - self.told.1);
        self.told = self.life;
        let share = expected.saturating_sub(received) << 8;
        Some(Received {
            newest: newest as u32,
            lost: self.life.0.saturating_sub(self.life.1) as u32,
            fraction: share.checked_div(expected).map_or(0, |share| share.min(255) as u8),
        })
    }

    /// Counts from here on.
    pub(crate) fn restart(&mut self) {
        self.tally = Tally::default();
        self.expected = 0;
        self.seen.clear();
    }

    /// What was counted. `numbered` is whether packets name their publication.
    pub(crate) fn tally(&self, numbered: bool) -> Tally {
        let is_mapped = numbered && !self.anybody;
        let foreign = |(number, _): &&(u32, u64)| is_mapped && !self.mapped.contains(number);
        Tally {
            lost: self.expected.saturating_sub(self.tally.packets),
            foreign: self.seen.iter().filter(foreign).map(|(_, packets)| packets).sum(),
            ..self.tally.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(sequences: &[u16]) -> (u64, u64) {
        let mut slot = Incoming::new(Kind::Audio, 0);
        for sequence in sequences {
            if slot.count(*sequence).is_some() {
                slot.tally.packets += 1;
            } else {
                slot.tally.duplicates += 1;
            }
        }
        let tally = slot.tally(false);
        (tally.lost, tally.duplicates)
    }

    #[test]
    fn what_never_came_is_lost_and_what_came_twice_is_not_counted_twice() {
        assert_eq!(counted(&[65_534, 65_535, 0, 1]), (0, 0));
        assert_eq!(counted(&[10, 13]), (2, 0));
        assert_eq!(counted(&[10, 13, 11, 12]), (0, 0), "late is not lost");
        assert_eq!(counted(&[10, 11, 11, 10, 12]), (0, 2));
        assert_eq!(counted(&[10, 500, 499, 499]), (488, 1));
    }

    #[test]
    fn a_report_tells_what_share_was_lost_since_the_one_before() {
        let mut slot = Incoming::new(Kind::Audio, 0);
        assert_eq!(slot.report(), None);
        let mut report = |sequences: &[u16]| {
            for sequence in sequences {
                slot.count(*sequence);
            }
            slot.report().map(|Received { newest, lost, fraction }| (newest, lost, fraction))
        };
        assert_eq!(report(&[10, 11, 12, 13]), Some((13, 0, 0)));
        assert_eq!(report(&[14, 17]), Some((17, 2, 128)), "two of four");
        assert_eq!(report(&[]), Some((17, 2, 0)));
        assert_eq!(report(&[15, 16, 18]), Some((18, 0, 0)), "the late ones make up for it");
        assert_eq!(report(&[65_535]), Some((18, 0, 0)));
    }

    #[test]
    fn a_packet_must_be_as_far_from_the_last_one_as_its_number_says() {
        let mut slot = Incoming::new(Kind::Video, 0);
        let mark = |origin, number| Mark { origin, number, sent: Duration::from_micros(10) };
        assert!(slot.check(100, 5, mark(1, 7), Duration::from_micros(25)));
        assert!(slot.check(103, 5, mark(1, 10), Duration::ZERO));
        assert!(!slot.check(104, 5, mark(1, 12), Duration::ZERO));
        assert!(slot.check(105, 6, mark(2, 900), Duration::ZERO), "another publication");
        assert_eq!(slot.tally.delays[0], 15);
        assert!(!slot.check(106, 5, mark(2, 901), Duration::ZERO), "under the number of another one");
    }

    #[test]
    fn packets_of_publications_that_were_never_mapped_are_foreign() {
        let mut slot = Incoming::new(Kind::Audio, 0);
        slot.map(Some(5));
        slot.seen = vec![(5, 10), (6, 3)];
        assert_eq!(slot.tally(true).foreign, 3);
        assert_eq!(slot.tally(false).foreign, 0);
        slot.map(None);
        assert_eq!(slot.tally(true).foreign, 0);
    }
}
