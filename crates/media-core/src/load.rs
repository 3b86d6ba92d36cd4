//! How much a worker has to do, and what follows from it.
//!
//! ```text
//! NORMAL  -- 80 % busy or 30 ms late, for 2 s -->  SHEDDING  -- 93 % busy or 100 ms late, for 2 s -->  REFUSING
//!         <-- below 60 % and 10 ms, for 5 s --               <-- below 75 % and 30 ms, for 3 s ------
//! ```
//!
//! Each state takes one layer more from what is sent in several: a worker that sheds forwards cameras without their best
//! layer, one that refuses forwards their lowest, and takes no new participants and rooms. What is pinned or a screen keeps one
//! layer more. Sound goes on as it is.
//! Up is quick, because beyond the second mark everybody's media suffers; down is slow and to a lower mark, because what
//! was shed comes back then. The best layers are most of the work, so even that may be too much again soon: then the next
//! step down waits twice as long, and so on.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::statistics::LoadSnapshot;

/// Over how long load is measured. Shorter, and one keyframe of everybody would count; longer, and the marks come too late.
const WINDOW: Duration = Duration::from_secs(1);

/// A step up this soon after a step down means that what came back was too much.
const RELAPSE: Duration = Duration::from_secs(60);

/// How many times as long a step down waits at most after relapses. Longer would leave pictures coarse for minutes after
/// the load has gone; shorter would let them change more often than once in a minute when it stays.
const LONGEST_PATIENCE: u32 = 16;

/// What follows from the load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Load {
    /// There is time for more.
    #[default]
    Normal,
    /// Pictures are coarser, so that there is time for what is there.
    Shedding,
    /// That was not enough: still coarser pictures, and no new participants and rooms.
    Refusing,
}

/// A mark of load.
struct Mark {
    /// Of the time.
    busy: f64,
    lag: Duration,
    /// How many windows in a row must be beyond it.
    windows: u32,
}

const SHED: Mark = Mark { busy: 0.80, lag: Duration::from_millis(30), windows: 2 };
const REFUSE: Mark = Mark { busy: 0.93, lag: Duration::from_millis(100), windows: 2 };
const TAKE_AGAIN: Mark = Mark { busy: 0.75, lag: Duration::from_millis(30), windows: 3 };
const BE_NORMAL: Mark = Mark { busy: 0.60, lag: Duration::from_millis(10), windows: 5 };

impl Load {
    /// The mark above which there is a graver state.
    fn above(self) -> Option<(&'static Mark, Self)> {
        match self {
            Self::Normal => Some((&SHED, Self::Shedding)),
            Self::Shedding => Some((&REFUSE, Self::Refusing)),
            Self::Refusing => None,
        }
    }

    /// The mark below which there is a better state.
    fn below(self) -> Option<(&'static Mark, Self)> {
        match self {
            Self::Normal => None,
            Self::Shedding => Some((&BE_NORMAL, Self::Normal)),
            Self::Refusing => Some((&TAKE_AGAIN, Self::Shedding)),
        }
    }

    /// How many layers of a publication with so many may be forwarded: at least one. What is `favoured` keeps one more.
    pub(crate) fn allowed_layers(self, layers: usize, favoured: bool) -> usize {
        let shed: usize = match self {
            Self::Normal => 0,
            Self::Shedding => 1,
            Self::Refusing => 2,
        };
        layers.saturating_sub(shed.saturating_sub(usize::from(favoured))).max(1)
    }
}

/// Measures load from what each turn of the worker's loop took.
#[derive(Debug)]
pub struct LoadMeter {
    state: Load,
    window_begin: Instant,
    busy: Duration,
    late: Duration,
    late_times: u32,
    windows_above: u32,
    windows_below: u32,
    /// When the last step down was.
    eased: Option<Instant>,
    /// How many times as long as usual a step down waits.
    patience: u32,
    last: LoadSnapshot,
}

impl LoadMeter {
    /// A meter of a worker that has nothing to do.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            state: Load::Normal,
            window_begin: now,
            busy: Duration::ZERO,
            late: Duration::ZERO,
            late_times: 0,
            windows_above: 0,
            windows_below: 0,
            eased: None,
            patience: 1,
            last: LoadSnapshot { state: Load::Normal, busy: 0.0, lag_ms: 0.0 },
        }
    }

    /// A turn is over: it worked for this long and, if something was due, came so much too late for it. Returns the state if
    /// it is another one now.
    pub fn note_turn(&mut self, busy: Duration, late: Option<Duration>, now: Instant) -> Option<Load> {
        self.busy += busy;
        if let Some(late) = late {
            self.late += late;
            self.late_times += 1;
        }
        let window = now.saturating_duration_since(self.window_begin);
        if window < WINDOW {
            return None;
        }
        let busy = (self.busy.as_secs_f64() / window.as_secs_f64()).min(1.0);
        let lag = self.late / self.late_times.max(1);
        // A window that lasted for several seconds counts for each of them.
        let windows = (window.as_secs_f64() / WINDOW.as_secs_f64()) as u32;
        (self.busy, self.late, self.late_times, self.window_begin) = (Duration::ZERO, Duration::ZERO, 0, now);
        let before = self.state;
        self.judge(busy, lag, windows, now);
        self.last = LoadSnapshot { state: self.state, busy, lag_ms: lag.as_secs_f64() * 1000.0 };
        (self.state != before).then_some(self.state)
    }

    /// The load as it was measured last.
    #[must_use]
    pub fn snapshot(&self) -> LoadSnapshot {
        self.last
    }

    fn judge(&mut self, busy: f64, lag: Duration, windows: u32, now: Instant) {
        let above = self.state.above().filter(|(mark, _)| busy >= mark.busy || lag >= mark.lag);
        let below = self.state.below().filter(|(mark, _)| busy < mark.busy && lag < mark.lag);
        self.windows_above = above.map_or(0, |_| self.windows_above + windows);
        self.windows_below = below.map_or(0, |_| self.windows_below + windows);
        if let Some((_, state)) = above.filter(|(mark, _)| self.windows_above >= mark.windows) {
            let relapsed = self.eased.is_some_and(|eased| now.saturating_duration_since(eased) < RELAPSE);
            self.patience = if relapsed { (self.patience * 2).min(LONGEST_PATIENCE) } else { 1 };
            self.enter(state);
        } else if let Some((_, state)) = below.filter(|(mark, _)| self.windows_below >= mark.windows * self.patience) {
            self.eased = Some(now);
            self.enter(state);
        }
    }

    fn enter(&mut self, state: Load) {
        (self.state, self.windows_above, self.windows_below) = (state, 0, 0);
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    struct Day {
        meter: LoadMeter,
        start: Instant,
        now: Instant,
        changes: Vec<(u64, Load)>,
    }

    impl Day {
        fn new() -> Self {
            let start = Instant::now();
            Self { meter: LoadMeter::new(start), start, now: start, changes: Vec::new() }
        }

        /// So many seconds of turns of 10 ms, this busy and so late.
        fn go(&mut self, seconds: u32, busy_percent: u32, late: Duration) {
            for _ in 0..seconds * 100 {
                self.now += 10 * MS;
                let busy = 10 * MS * busy_percent / 100;
                if let Some(state) = self.meter.note_turn(busy, Some(late), self.now) {
                    self.changes.push(((self.now - self.start).as_secs(), state));
                }
            }
        }
    }

    #[test]
    fn it_sheds_then_refuses_and_comes_back_step_by_step() {
        let mut day = Day::new();
        day.go(10, 50, MS);
        day.go(10, 95, MS);
        day.go(20, 40, MS);
        let expected = [(12, Load::Shedding), (14, Load::Refusing), (23, Load::Shedding), (28, Load::Normal)];
        assert_eq!(day.changes, expected);
    }

    #[test]
    fn a_moment_of_load_is_nothing() {
        let mut day = Day::new();
        for _ in 0..10 {
            day.go(1, 100, MS);
            day.go(1, 30, MS);
        }
        assert_eq!(day.changes, []);
    }

    #[test]
    fn between_the_marks_nothing_changes_however_long() {
        let mut day = Day::new();
        day.go(3, 85, MS);
        assert_eq!(day.changes, [(2, Load::Shedding)]);
        for busy in [70, 90, 62, 79, 85, 61, 92] {
            day.go(30, busy, MS);
        }
        assert_eq!(day.changes.len(), 1, "{:?}", day.changes);
    }

    #[test]
    fn what_relapses_waits_longer_and_longer() {
        let mut day = Day::new();
        for _ in 0..600 {
            // What comes back is too much again.
            day.go(1, if day.meter.snapshot().state == Load::Normal { 85 } else { 40 }, MS);
        }
        let sheds: Vec<u64> =
            day.changes.iter().filter(|(_, state)| *state == Load::Shedding).map(|(at, _)| *at).collect();
        let pauses: Vec<u64> = sheds.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(pauses[..6], [7, 12, 22, 42, 82, 82]);

        day.go(200, 40, MS);
        day.changes.clear();
        day.go(3, 85, MS);
        day.go(6, 40, MS);
        let states: Vec<Load> = day.changes.iter().map(|(_, state)| *state).collect();
        assert_eq!(states, [Load::Shedding, Load::Normal], "after a while of calm all is as at first");
    }

    #[test]
    fn each_state_takes_a_layer_and_what_is_favoured_keeps_one_more() {
        let allowed = |load: Load, favoured| [1, 2, 3].map(|layers| load.allowed_layers(layers, favoured));
        assert_eq!(allowed(Load::Normal, false), [1, 2, 3]);
        assert_eq!(allowed(Load::Normal, true), [1, 2, 3]);
        assert_eq!(allowed(Load::Shedding, false), [1, 1, 2]);
        assert_eq!(allowed(Load::Shedding, true), [1, 2, 3]);
        assert_eq!(allowed(Load::Refusing, false), [1, 1, 1]);
        assert_eq!(allowed(Load::Refusing, true), [1, 1, 2]);
    }

    #[test]
    fn to_be_late_is_load_too_even_when_others_have_the_processor() {
        let mut day = Day::new();
        day.go(3, 10, 50 * MS);
        day.go(3, 10, 150 * MS);
        assert_eq!(day.changes, [(2, Load::Shedding), (5, Load::Refusing)]);
    }

    #[test]
    fn one_turn_of_many_seconds_counts_for_each_of_them() {
        let mut day = Day::new();
        day.now += 4000 * MS;
        assert_eq!(day.meter.note_turn(4000 * MS, None, day.now), Some(Load::Shedding));
        day.now += 4000 * MS;
        assert_eq!(day.meter.note_turn(4000 * MS, None, day.now), Some(Load::Refusing));
        let LoadSnapshot { busy, lag_ms, .. } = day.meter.snapshot();
        assert!((busy - 1.0).abs() < 1e-9 && lag_ms == 0.0);
    }
}
