//! Which layer each video slot of a receiver gets, so that all of them fit into its bandwidth.
//!
//! Every slot gets the lowest layer first; what is left goes to pinned slots, then to screens, then to the others, all of
//! a kind alike. Down goes at once, up slowly: only when the estimate has had room to spare for a while, and after a step
//! up that failed only after a longer and longer while. So at a constant bandwidth the layers come to rest.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How much of the estimate must be left over for a step up: a share of what is then used. More would leave bandwidth idle
/// that a better picture fits into; less would try for it in vain more often.
const MARGIN: f64 = 0.08;

/// By how much what is already forwarded may exceed the estimate, as a share of it. Whenever packets seem to queue up, the
/// estimator goes to 0.85 of what arrives, and a busy client is enough for that; a line that carries all of it
/// shall not lose a layer. A real shortage lowers what arrives, and so the estimate, further.
const TOLERANCE: f64 = 0.25;

/// The same for the lowest layers alone. Estimates of slow lines are low while little is sent, and no picture is worse than one
/// that comes late.
const LOWEST_TOLERANCE: f64 = 0.50;

/// While at least this share of the lowest layers gets through, they are not paused. With less, repairs cannot make pictures of
/// what arrives.
const LEAST_CARRIED: f64 = 0.5;

/// For how long the estimate must have had room before a step up. An estimate that overshoots is corrected within about
/// a second.
const UP_HOLD: Duration = Duration::from_secs(1);

/// For how long the lowest layer of a slot must not have fitted before it is paused. A picture that goes and comes is worse
/// than one that comes late.
const PAUSE_HOLD: Duration = Duration::from_secs(2);

/// A step down this soon after a step up means that the step up has failed.
const FAILED_WITHIN: Duration = Duration::from_secs(10);

/// A fall of the estimate this soon after a step up is doubted once: the estimator takes the first burst of a larger layer for
/// congestion, and then believes that no more gets through than was sent before. A second look costs a line that is
/// really too slow half a second more of what it cannot carry.
const DOUBTED_WITHIN: Duration = Duration::from_millis(1500);

/// The pause after a step up that failed; it doubles with each further one, up to the longest. Short, so that one
/// unlucky moment costs little; long in the end, so that a receiver sees one useless attempt a minute at most.
const FIRST_BACK_OFF: Duration = Duration::from_secs(10);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

/// How much more than the best layers cost is probed for: room for the margin of the last step, and for keyframes.
const PROBE_FACTOR: f64 = 1.3;

/// What is probed for at least, in bits per second. Without it, what is known of a line would end just above what small layers
/// cost, and any noise in it would keep them from being chosen. A line that carries less sees bursts of the same size.
const LEAST_DESIRED: u64 = 600_000;

/// How long an estimate may hardly grow while more is desired before the line is looked at anew. str0m finds out by itself when
/// much less is sent than the estimate, or after 15 s; each look is a burst of some 10 packets.
const LOOK_AFTER: Duration = Duration::from_secs(4);

/// When so many times the estimate gets through for so long, the estimator has taken losses for congestion, and begins anew. A
/// real shortage shows in longer round trips sooner than that.
const MISJUDGED: u64 = 2;
const MISJUDGED_AFTER: Duration = Duration::from_secs(4);

/// How many times its value an estimate must reach within that time to be left alone. str0m's grows by 8 % a second at best.
const GROWTH: f64 = 1.5;

/// Changes of what is desired that count as none, as a share of it.
const SAME: f64 = 0.20;

/// What a slot could be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) pinned: bool,
    pub(crate) screen: bool,
    /// What each layer that is of use costs, from the lowest up, in bits per second; never empty.
    pub(crate) costs: Vec<u64>,
    pub(crate) given: Given,
}

/// What a slot was given last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Given {
    /// Nothing yet: it shows another publication than before.
    #[default]
    New,
    /// A layer, from 0 for the lowest.
    Layer(usize),
    /// Nothing, for want of bandwidth.
    Paused,
}

impl Given {
    /// How many layers must arrive for it. One, when nothing is known or nothing fits, so that there is something to begin with.
    pub(crate) fn needed(self) -> usize {
        match self {
            Self::Layer(layer) => layer + 1,
            Self::New | Self::Paused => 1,
        }
    }
}

impl Want {
    /// How many layers it keeps if they fit.
    fn kept(&self) -> usize {
        match self.given {
            Given::New => 1,
            Given::Layer(layer) => (layer + 1).min(self.costs.len()),
            Given::Paused => 0,
        }
    }
}

/// What is known of the bandwidth to a receiver, in bits per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bandwidth {
    /// A guess, or a limit that we set ourselves: nothing is paused for it.
    Assumed(u64),
    /// Estimated from what the receiver reports.
    Estimated(u64),
}

/// What the slots are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allocation {
    /// A layer for each slot, or none: it is paused.
    pub(crate) layers: Vec<Option<usize>>,
    /// What the line is to be probed for, in bits per second: what would be sent if bandwidth were no matter, and a little more.
    pub(crate) desired: u64,
    /// The line may carry more than is estimated, and only looking tells: begin with this many bits per second.
    pub(crate) look: Option<u64>,
}

/// An estimate that has not grown much since.
#[derive(Debug, Clone, Copy)]
struct Plateau {
    estimate: u64,
    desired: u64,
    since: Instant,
}

/// A step up.
#[derive(Debug, Clone, Copy)]
struct Raise {
    at: Instant,
    /// The estimate that it was made for.
    estimate: u64,
    /// Whether a fall after it was doubted already.
    doubted: bool,
}

/// Allocates the bandwidth of one receiver.
#[derive(Debug, Default)]
pub(crate) struct Allocator {
    /// Since when the estimate has been at least so much, oldest first: each is lower than those behind it.
    lowest: VecDeque<(Instant, u64)>,
    estimated_since: Option<Instant>,
    short_since: Option<Instant>,
    misjudged_since: Option<Instant>,
    raised: Option<Raise>,
    back_off: Option<Duration>,
    not_before: Option<Instant>,
    plateau: Option<Plateau>,
}

impl Allocator {
    /// Gives each slot a layer, after `reserved` bits per second for audio. So many as are `carried` do get through, whatever
    /// is estimated: losses that are no congestion lower the estimate like those that are.
    pub(crate) fn allocate(
        &mut self,
        bandwidth: Bandwidth,
        carried: u64,
        reserved: u64,
        wants: &[Want],
        now: Instant,
    ) -> Allocation {
        let best: u64 = wants.iter().filter_map(|want| want.costs.last()).sum();
        let desired = ((best + reserved) as f64 * PROBE_FACTOR) as u64;
        let probed = desired.max(LEAST_DESIRED);
        match bandwidth {
            Bandwidth::Assumed(limit) => {
                let budget = limit.saturating_sub(reserved);
                let layers = fill(u64::MAX, budget, wants, |want| want.costs.len());
                Allocation { layers, desired: probed, look: None }
            }
            Bandwidth::Estimated(estimate) => {
                // Audio is sent whatever is estimated, so the line is known to be asked for as much.
                let look = self.is_stuck(estimate, desired, now).then_some(estimate.max(reserved));
                let look = self.is_misjudged(estimate, carried, now).then_some(carried).or(look);
                let (layers, again) = self.follow(estimate, carried, reserved, wants, now);
                Allocation { layers, desired: probed, look: again.or(look) }
            }
        }
    }

    /// The layers that the estimate allows, and the estimate to begin with anew if this one is doubted.
    fn follow(
        &mut self,
        estimate: u64,
        carried: u64,
        reserved: u64,
        wants: &[Want],
        now: Instant,
    ) -> (Vec<Option<usize>>, Option<u64>) {
        let held = self.hold(estimate, now);
        let share = |of: u64, share: f64| ((of as f64 * share) as u64).saturating_sub(reserved);
        // What is carried has the audio in it, so nothing is reserved of it.
        let lowest = share(estimate, 1.0 + LOWEST_TOLERANCE).max((carried as f64 / LEAST_CARRIED) as u64);
        let mut kept = fill(lowest, share(estimate, 1.0 + TOLERANCE), wants, Want::kept);
        self.keep_lowest(&mut kept, wants, now);
        if wants.iter().zip(&kept).any(|(want, kept)| count(*kept) < want.kept()) {
            let again = self.note_fall(now);
            let before = || wants.iter().map(|want| want.kept().checked_sub(1)).collect();
            return (again.map_or(kept, |_| before()), again);
        }
        let Some(held) = held else {
            return (kept, None);
        };
        // What is paused does not wait for what has failed above it.
        let must_wait = self.not_before.is_some_and(|at| now < at);
        let limit = |want: &Want| if must_wait { want.kept().max(1) } else { want.costs.len() };
        let raised = fill(share(held, 1.0), share(held, 1.0 / (1.0 + MARGIN)), wants, limit);
        if !is_better(&raised, &kept, wants) {
            return (kept, None);
        }
        let before = self.raised.replace(Raise { at: now, estimate: held, doubted: false });
        // Whatever was raised before and is raised again has held.
        if before.is_some_and(|raise| now.saturating_duration_since(raise.at) >= FAILED_WITHIN) {
            self.back_off = self.back_off.map(|last| last / 2).filter(|half| *half >= FIRST_BACK_OFF);
        }
        (raised, None)
    }

    /// The estimate carries less than is forwarded. The estimate to begin with anew, if it is to be doubted.
    fn note_fall(&mut self, now: Instant) -> Option<u64> {
        let raise = self.raised.as_mut()?;
        let age = now.saturating_duration_since(raise.at);
        if age < DOUBTED_WITHIN && !raise.doubted {
            raise.doubted = true;
            self.lowest.clear();
            self.estimated_since = None;
            return Some(raise.estimate);
        }
        if age < FAILED_WITHIN {
            let back_off = self.back_off.map_or(FIRST_BACK_OFF, |last| (last * 2).min(LONGEST_BACK_OFF));
            self.back_off = Some(back_off);
            self.not_before = Some(now + back_off);
        }
        self.raised = None;
        None
    }

    /// Whether much more gets through than is estimated, and has for a while.
    fn is_misjudged(&mut self, estimate: u64, carried: u64, now: Instant) -> bool {
        if estimate >= carried / MISJUDGED {
            self.misjudged_since = None;
            return false;
        }
        let since = *self.misjudged_since.get_or_insert(now);
        now.saturating_duration_since(since) >= MISJUDGED_AFTER
    }

    /// Whether the estimate grows too slowly although more is desired: for long, or although it has just become more.
    fn is_stuck(&mut self, estimate: u64, desired: u64, now: Instant) -> bool {
        let grows = |before: u64| estimate as f64 > before as f64 * GROWTH;
        let before = self.plateau.filter(|before| estimate < desired && !grows(before.estimate));
        let Some(before) = before else {
            self.plateau = Some(Plateau { estimate, desired, since: now });
            return false;
        };
        let has_grown = desired > before.desired && !is_same(before.desired, desired);
        let is_stuck = has_grown || now.saturating_duration_since(before.since) >= LOOK_AFTER;
        if is_stuck {
            self.plateau = Some(Plateau { estimate, desired, since: now });
        }
        is_stuck
    }

    /// The lowest estimate of the last while; none if there have been estimates for a shorter time.
    fn hold(&mut self, estimate: u64, now: Instant) -> Option<u64> {
        let mut since = now;
        while let Some((at, _)) = self.lowest.back().filter(|(_, before)| *before >= estimate) {
            since = *at;
            self.lowest.pop_back();
        }
        self.lowest.push_back((since, estimate));
        // An estimate holds until the next one comes, so the newest of the old ones still counts.
        while self.lowest.get(1).is_some_and(|(at, _)| now.saturating_duration_since(*at) >= UP_HOLD) {
            self.lowest.pop_front();
        }
        let since = *self.estimated_since.get_or_insert(now);
        let lowest = self.lowest.front().map(|(_, lowest)| *lowest);
        lowest.filter(|_| now.saturating_duration_since(since) >= UP_HOLD)
    }

    /// Slots that show something keep the lowest layer for a moment although it does not fit.
    fn keep_lowest(&mut self, kept: &mut [Option<usize>], wants: &[Want], now: Instant) {
        let is_short = wants.iter().zip(kept.iter()).any(|(want, kept)| want.kept() > 0 && kept.is_none());
        if !is_short {
            self.short_since = None;
            return;
        }
        let since = *self.short_since.get_or_insert(now);
        if now.saturating_duration_since(since) < PAUSE_HOLD {
            for (want, kept) in wants.iter().zip(kept) {
                *kept = kept.or((want.kept() > 0).then_some(0));
            }
        }
    }
}

fn is_same(before: u64, now: u64) -> bool {
    now.abs_diff(before) as f64 <= before as f64 * SAME
}

/// How many layers up to this one there are.
fn count(layer: Option<usize>) -> usize {
    layer.map_or(0, |layer| layer + 1)
}

/// The slots in the order in which they are served.
fn order(wants: &[Want]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..wants.len()).collect();
    order.sort_by_key(|index| rank(&wants[*index]));
    order
}

/// Slots of one rank are alike.
fn rank(want: &Want) -> (bool, bool) {
    (!want.pinned, !want.screen)
}

/// The steps in which bandwidth is handed out: a slot, and the layer it is raised to.
fn steps(wants: &[Want]) -> Vec<(usize, usize)> {
    let order = order(wants);
    let mut steps: Vec<(usize, usize)> = order.iter().map(|index| (*index, 0)).collect();
    for alike in order.chunk_by(|a, b| rank(&wants[*a]) == rank(&wants[*b])) {
        let highest = alike.iter().map(|index| wants[*index].costs.len()).max().unwrap_or(0);
        steps.extend((1..highest).flat_map(|layer| alike.iter().map(move |index| (*index, layer))));
    }
    steps
}

/// Hands out the budget, of which the lowest layers together may use this much. No slot gets more layers than `limit` says.
fn fill(lowest: u64, budget: u64, wants: &[Want], limit: impl Fn(&Want) -> usize) -> Vec<Option<usize>> {
    let mut layers: Vec<Option<usize>> = vec![None; wants.len()];
    let mut used: u64 = 0;
    for (index, layer) in steps(wants) {
        let want = &wants[index];
        let Some(cost) = want.costs.get(layer).filter(|_| layer == count(layers[index]) && layer < limit(want)) else {
            continue;
        };
        let more = cost.saturating_sub(layers[index].map_or(0, |layer| want.costs[layer]));
        if used.saturating_add(more) <= if layer == 0 { lowest } else { budget } {
            used += more;
            layers[index] = Some(layer);
        }
    }
    layers
}

/// Whether one allocation serves an earlier step than the other does, where they differ first.
fn is_better(one: &[Option<usize>], other: &[Option<usize>], wants: &[Want]) -> bool {
    let has = |layers: &[Option<usize>], (index, layer): (usize, usize)| count(layers[index]) > layer;
    let first = steps(wants).into_iter().find(|step| has(one, *step) != has(other, *step));
    first.is_some_and(|step| has(one, step))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(100);
    const CAMERA: [u64; 3] = [150_000, 500_000, 1_500_000];

    fn want(costs: &[u64]) -> Want {
        Want { pinned: false, screen: false, costs: costs.to_vec(), given: Given::New }
    }

    /// A receiver whose estimates a test makes up.
    struct Receiver {
        allocator: Allocator,
        carried: u64,
        wants: Vec<Want>,
        now: Instant,
        changes: Vec<(Duration, Vec<Option<usize>>)>,
        begin: Instant,
    }

    impl Receiver {
        fn new(wants: Vec<Want>) -> Self {
            let now = Instant::now();
            Self { allocator: Allocator::default(), carried: 0, wants, now, changes: Vec::new(), begin: now }
        }

        fn step(&mut self, bandwidth: Bandwidth) -> Allocation {
            self.now += STEP;
            let allocation = self.allocator.allocate(bandwidth, self.carried, 50_000, &self.wants, self.now);
            for (want, layer) in self.wants.iter_mut().zip(&allocation.layers) {
                want.given = layer.map_or(Given::Paused, Given::Layer);
            }
            if self.changes.last().is_none_or(|(_, last)| *last != allocation.layers) {
                self.changes.push((self.now - self.begin, allocation.layers.clone()));
            }
            allocation
        }

        /// What is given after so long at one estimate.
        fn after(&mut self, time: Duration, estimate: u64) -> Vec<Option<usize>> {
            let until = self.now + time;
            let mut layers = Vec::new();
            while self.now < until {
                layers = self.step(Bandwidth::Estimated(estimate)).layers;
            }
            layers
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn everybody_gets_the_lowest_layer_before_anybody_gets_more() {
        let mut receiver = Receiver::new(vec![want(&CAMERA); 3]);
        assert_eq!(receiver.step(Bandwidth::Estimated(10_000_000)).layers, [Some(0); 3], "at once");
        assert_eq!(receiver.after(3 * SECOND, 600_000), [Some(0); 3]);
        assert_eq!(receiver.after(3 * SECOND, 1_100_000), [Some(1), Some(0), Some(0)]);
        assert_eq!(receiver.after(3 * SECOND, 2_000_000), [Some(1); 3], "then all of them the next");
        assert_eq!(receiver.after(3 * SECOND, 10_000_000), [Some(2); 3]);
    }

    #[test]
    fn pinned_slots_and_screens_come_first() {
        let screen = Want { screen: true, ..want(&[900_000]) };
        let pinned = Want { pinned: true, ..want(&CAMERA) };
        let mut receiver = Receiver::new(vec![want(&CAMERA), screen, pinned]);
        assert_eq!(receiver.after(5 * SECOND, 300_000), [Some(0), None, Some(0)]);
        assert_eq!(receiver.after(12 * SECOND, 1_200_000), [None, Some(0), Some(0)]);
        assert_eq!(receiver.after(12 * SECOND, 2_000_000), [Some(0), Some(0), Some(1)]);
        assert_eq!(receiver.after(12 * SECOND, 2_900_000), [Some(0), Some(0), Some(2)]);
        receiver.wants[2].pinned = false;
        receiver.wants[0].pinned = true;
        assert_eq!(receiver.after(12 * SECOND, 2_900_000), [Some(2), Some(0), Some(0)], "pinning moves what there is");
    }

    #[test]
    fn down_goes_at_once_and_up_after_a_while_of_room() {
        let mut receiver = Receiver::new(vec![want(&CAMERA)]);
        assert_eq!(receiver.after(30 * SECOND, 2_500_000), [Some(2)]);
        assert_eq!(receiver.step(Bandwidth::Estimated(600_000)).layers, [Some(1)]);
        assert_eq!(receiver.step(Bandwidth::Estimated(300_000)).layers, [Some(0)]);
        assert_eq!(receiver.after(UP_HOLD.saturating_sub(STEP), 2_500_000), [Some(0)]);
        assert_eq!(receiver.after(3 * STEP, 2_500_000), [Some(2)]);
    }

    #[test]
    fn a_slot_is_paused_only_after_a_while_and_resumed_with_room() {
        let mut receiver = Receiver::new(vec![want(&CAMERA)]);
        assert_eq!(receiver.after(PAUSE_HOLD, 50_000), [Some(0)]);
        assert_eq!(receiver.after(2 * STEP, 50_000), [None]);
        assert_eq!(receiver.after(5 * SECOND, 190_000), [None], "what would be kept is not enough to begin with");
        assert_eq!(receiver.after(2 * SECOND, 210_000), [Some(0)]);
        assert_eq!(receiver.after(30 * SECOND, 140_000), [Some(0)]);
    }

    #[test]
    fn what_gets_through_is_not_paused_however_low_the_estimate() {
        let mut receiver = Receiver::new(vec![want(&CAMERA)]);
        receiver.after(5 * SECOND, 2_000_000);
        receiver.carried = 140_000; // 30 % of the lowest layer and the audio are lost
        assert_eq!(receiver.after(60 * SECOND, 10_000), [Some(0)]);
        assert_eq!(receiver.step(Bandwidth::Estimated(69_000)).look, Some(140_000), "and it is estimated anew");
        assert_eq!(receiver.step(Bandwidth::Estimated(140_000)).look, None);
        receiver.carried = 60_000;
        assert_eq!(receiver.after(PAUSE_HOLD + 2 * STEP, 10_000), [None]);
    }

    #[test]
    fn nothing_is_paused_for_a_limit_that_is_assumed_except_what_is_beyond_it() {
        let mut receiver = Receiver::new(vec![want(&[4_000_000]), want(&[4_000_000])]);
        assert_eq!(receiver.step(Bandwidth::Assumed(1_000_000)).layers, [Some(0); 2]);
        receiver.wants = vec![want(&CAMERA); 2];
        let allocation = receiver.step(Bandwidth::Assumed(2_200_000));
        assert_eq!(allocation.layers, [Some(2), Some(1)]);
        assert_eq!(allocation.desired, 3_965_000);
    }

    /// A line of constant bandwidth as its estimates are: a little noisy, higher when little is sent, and much lower for a while
    /// when too much is sent. Whatever the line and the wants, the layers come to rest.
    #[test]
    fn at_a_constant_bandwidth_the_layers_settle() {
        for seed in 0..200 {
            let mut random = fastrand::Rng::with_seed(seed);
            let line = random.u64(100_000..6_000_000);
            let slots = (0..random.usize(1..6)).map(|_| {
                let costs = CAMERA.map(|cost| cost * random.u64(60..140) / 100);
                Want { pinned: random.u8(..) < 40, screen: random.u8(..) < 40, ..want(&costs[..random.usize(1..4)]) }
            });
            let mut receiver = Receiver::new(slots.collect());
            let mut fallen_until = receiver.now;
            for _ in 0..6000 {
                let sent: u64 = 50_000
                    + receiver
                        .wants
                        .iter()
                        .map(|want| want.kept().checked_sub(1).map_or(0, |layer| want.costs[layer]))
                        .sum::<u64>();
                if sent > line {
                    fallen_until = receiver.now + 2 * SECOND;
                }
                let share =
                    if receiver.now < fallen_until { random.f64() * 0.3 + 0.4 } else { random.f64() * 0.25 + 0.9 };
                receiver.step(Bandwidth::Estimated((line as f64 * share) as u64));
            }
            let late = receiver.changes.iter().filter(|(at, _)| *at > 300 * SECOND).count();
            assert!(late <= 12, "seed {seed}: {late} changes in the second five minutes on {line} bit/s");
            let early = receiver.changes.len() - late;
            assert!(early <= 60, "seed {seed}: {early} changes in the first five minutes on {line} bit/s");
        }
    }

    #[test]
    fn a_fall_right_after_a_step_up_is_doubted_once() {
        let mut receiver = Receiver::new(vec![want(&CAMERA)]);
        receiver.after(UP_HOLD + 3 * STEP, 2_000_000);
        assert_eq!(receiver.changes.last().map(|(_, layers)| layers.clone()), Some(vec![Some(2)]));
        let doubting = receiver.step(Bandwidth::Estimated(400_000));
        assert_eq!((doubting.layers, doubting.look), (vec![Some(2)], Some(2_000_000)));
        let believing = receiver.step(Bandwidth::Estimated(400_000));
        assert_eq!((believing.layers, believing.look), (vec![Some(0)], None));
        assert_eq!(receiver.after(FIRST_BACK_OFF.saturating_sub(STEP), 2_000_000), [Some(0)]);
        assert_eq!(receiver.after(3 * STEP, 2_000_000), [Some(2)]);
    }

    #[test]
    fn a_line_is_looked_at_when_more_is_desired_than_it_is_known_to_carry() {
        let mut receiver = Receiver::new(vec![want(&CAMERA)]);
        let looks = |receiver: &mut Receiver, steps: u32| {
            (0..steps).filter(|_| receiver.step(Bandwidth::Estimated(300_000)).look.is_some()).count()
        };
        assert_eq!(looks(&mut receiver, 200), 4, "every four seconds");
        receiver.wants.push(want(&CAMERA));
        assert_eq!(looks(&mut receiver, 2), 1, "and when another slot is shown");
        receiver.wants = vec![want(&CAMERA[..1])];
        assert_eq!(looks(&mut receiver, 200), 0, "not when it carries all that is desired");
    }
}
