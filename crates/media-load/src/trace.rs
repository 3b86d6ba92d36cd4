//! What browsers' encoders and pacers made of pictures: recorded bursts that are sent again, over and over.
//!
//! A file in `traces/` has one line for each burst: the microseconds since the burst before, and the payload sizes of its
//! packets in bytes; a full stop ends the frame. The first frame is a keyframe, so whoever is asked for one begins again.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::mark;

/// Packets that leave together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Burst {
    /// Since the burst before.
    pub(crate) after: Duration,
    /// Of each payload, in bytes.
    pub(crate) sizes: Vec<usize>,
    /// Whether the last packet is the last of a frame.
    pub(crate) ends_frame: bool,
}

/// A recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) bursts: Vec<Burst>,
}

/// How large a picture is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quality {
    /// 320×180.
    Low,
    /// 640×360.
    Medium,
    /// 1280×720.
    High,
}

impl Quality {
    /// The recording of it.
    pub(crate) fn trace(self) -> Result<Trace> {
        Trace::parse(match self {
            Self::Low => include_str!("../traces/vp8-320x180.txt"),
            Self::Medium => include_str!("../traces/vp8-640x360.txt"),
            Self::High => include_str!("../traces/vp8-1280x720.txt"),
        })
    }
}

impl Trace {
    fn parse(text: &str) -> Result<Self> {
        let mut bursts = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut words = line.split(' ');
            let after: u64 = words.next().and_then(|word| word.parse().ok()).context("a burst has no time")?;
            let mut burst = Burst { after: Duration::from_micros(after), sizes: Vec::new(), ends_frame: false };
            for word in words {
                if word == "." {
                    burst.ends_frame = true;
                } else {
                    // The descriptor, the frame's tag and the mark must fit.
                    burst.sizes.push(word.parse::<usize>().context("a size is no number")?.max(mark::LENGTH + 16));
                }
            }
            ensure!(!burst.sizes.is_empty(), "a burst is empty");
            bursts.push(burst);
        }
        ensure!(bursts.iter().any(|burst| burst.ends_frame), "a trace has no frame");
        Ok(Self { bursts })
    }

    /// Packets per second.
    #[cfg(test)]
    fn rate(&self) -> f64 {
        let seconds: Duration = self.bursts.iter().map(|burst| burst.after).sum();
        self.bursts.iter().map(|burst| burst.sizes.len()).sum::<usize>() as f64 / seconds.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_burst() {
        let trace = Trace::parse("# about\n0 1100 1101\n2500 700 .\n").unwrap();
        assert_eq!(trace.bursts[0].sizes, [1100, 1101]);
        assert_eq!(trace.bursts[1].after, Duration::from_micros(2500));
        assert_eq!((trace.bursts[0].ends_frame, trace.bursts[1].ends_frame), (false, true));
        assert!(Trace::parse("").is_err());
        assert!(Trace::parse("x 5 .").is_err());
        assert!(Trace::parse("0 .").is_err());
    }

    #[test]
    fn the_recordings_are_of_different_size() {
        let rates = [Quality::Low, Quality::Medium, Quality::High].map(|quality| quality.trace().unwrap().rate());
        assert!(rates[0] > 15.0 && rates[0] < rates[1] && rates[1] < rates[2], "{rates:?}");
    }
}
