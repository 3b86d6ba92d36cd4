//! What a run has measured, for people and for programs.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::incoming::Tally;
use crate::network::Outcome;
use crate::processes::Usage;
use crate::scenario::Copies;

/// Percentiles in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Percentiles {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Percentiles {
    /// Of values in microseconds; none of no values.
    fn of(mut values: Vec<u32>) -> Option<Self> {
        values.sort_unstable();
        let last = values.len().checked_sub(1)?;
        // The nearest rank.
        let at = |share: f64| f64::from(values[((values.len() as f64 * share).ceil() as usize).clamp(1, last + 1) - 1]);
        Some(Self { p50: at(0.5) / 1e3, p95: at(0.95) / 1e3, p99: at(0.99) / 1e3, max: at(1.0) / 1e3 })
    }
}

/// What the processes of the server took.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Server {
    /// User and system time of those that forward, while packets were counted.
    pub(crate) cpu_seconds: f64,
    /// The same of those that only decide.
    pub(crate) control_cpu_seconds: f64,
    /// What forwarding took per packet that participants received.
    pub(crate) cpu_us_per_packet: f64,
    /// Of one core.
    pub(crate) cpu_percent: f64,
    /// The growth of resident memory since before anybody came, per participant.
    pub(crate) bytes_per_participant: f64,
}

/// Joins, in [`crate::scenario::Shape::Joins`].
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Joins {
    pub(crate) count: usize,
    pub(crate) per_second: f64,
    /// From asking for a token until the first decrypted sound, in milliseconds.
    pub(crate) time_ms: Option<Percentiles>,
}

/// A run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    pub(crate) participants: usize,
    pub(crate) seconds: f64,
    pub(crate) sent_packets: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) repeated_packets: u64,
    pub(crate) keyframes_asked: u64,
    pub(crate) received_packets: u64,
    pub(crate) received_bytes: u64,
    /// How many were to be received; none where only the server knows.
    pub(crate) expected_packets: Option<u64>,
    pub(crate) repair_packets: u64,
    pub(crate) verified: u64,
    pub(crate) spoiled: u64,
    pub(crate) foreign: u64,
    pub(crate) duplicates: u64,
    pub(crate) lost: u64,
    /// From sending to arrival, in milliseconds.
    pub(crate) delay_ms: Option<Percentiles>,
    pub(crate) joins: Option<Joins>,
    pub(crate) server: Option<Server>,
    /// What this program took while packets were counted, of one core: when that is full, this program is what is measured.
    pub(crate) own_cpu_percent: f64,
    /// Datagrams for which this program's sockets had no room; they are among the lost ones.
    pub(crate) own_dropped: u64,
    /// Connections that were made in the place of lost ones.
    pub(crate) renewed: usize,
    pub(crate) failures: Vec<String>,
}

/// The use of processes at the moments of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    pub(crate) before_anybody: Usage,
    pub(crate) at_begin: Usage,
    pub(crate) at_end: Usage,
    pub(crate) control_at_begin: Usage,
    pub(crate) control_at_end: Usage,
    pub(crate) own_at_begin: Usage,
    pub(crate) own_at_end: Usage,
}

impl Report {
    pub(crate) fn new(
        participants: usize,
        counted: Duration,
        outcome: Outcome,
        visits: Option<Vec<Duration>>,
        copies: Option<Copies>,
        moments: &Moments,
        has_server: bool,
    ) -> Self {
        let Outcome { sent, received, dropped, renewed, failures } = outcome;
        let Tally { packets, bytes, lost, duplicates, verified, spoiled, foreign, repairs, delays } = received;
        let seconds = counted.as_secs_f64();
        let cpu_seconds = moments.at_end.cpu_seconds - moments.at_begin.cpu_seconds;
        let grown = moments.at_end.resident_bytes as f64 - moments.before_anybody.resident_bytes as f64;
        let joins = visits.map(|visits| Joins {
            count: visits.len(),
            per_second: visits.len() as f64 / seconds,
            time_ms: Percentiles::of(visits.iter().map(|time| time.as_micros() as u32).collect()),
        });
        Self {
            participants,
            seconds,
            sent_packets: sent.packets,
            sent_bytes: sent.bytes,
            repeated_packets: sent.repeated,
            keyframes_asked: sent.keyframes,
            received_packets: packets,
            received_bytes: bytes,
            expected_packets: copies.map(|Copies { speech, pictures }| {
                (sent.speech as f64 * speech + (sent.packets - sent.speech) as f64 * pictures).round() as u64
            }),
            repair_packets: repairs,
            verified,
            spoiled,
            foreign,
            duplicates,
            lost,
            delay_ms: Percentiles::of(delays),
            joins,
            server: has_server.then(|| Server {
                cpu_seconds,
                control_cpu_seconds: moments.control_at_end.cpu_seconds - moments.control_at_begin.cpu_seconds,
                cpu_us_per_packet: cpu_seconds * 1e6 / packets.max(1) as f64,
                cpu_percent: 100.0 * cpu_seconds / seconds,
                bytes_per_participant: grown / participants.max(1) as f64,
            }),
            own_cpu_percent: 100.0 * (moments.own_at_end.cpu_seconds - moments.own_at_begin.cpu_seconds) / seconds,
            own_dropped: dropped,
            renewed,
            failures,
        }
    }

    /// Whether everything that was checked was right. Loss is a figure and not a fault: it is what overload brings.
    pub(crate) fn is_sound(&self) -> bool {
        // Whoever heard somebody on a visit has decrypted a packet.
        let visits = self.joins.map_or(0, |joins| joins.count as u64);
        let faults = self.spoiled + self.foreign + self.duplicates;
        self.failures.is_empty() && faults == 0 && self.verified + visits > 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, value: String| writeln!(f, "{name:<22} {value}");
        let rate = |packets: u64, bytes: u64| {
            let (packets, megabits) = (packets as f64 / self.seconds, bytes as f64 * 8e-6 / self.seconds);
            format!("{packets:.0} packets/s, {megabits:.1} Mbit/s")
        };
        let percentiles = |values: Percentiles| {
            format!(
                "p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
                values.p50, values.p95, values.p99, values.max
            )
        };
        row("participants", format!("{} for {:.1} s", self.participants, self.seconds))?;
        row("sent", format!("{} ({})", self.sent_packets, rate(self.sent_packets, self.sent_bytes)))?;
        row("asked of senders", format!("{} repetitions, {} keyframes", self.repeated_packets, self.keyframes_asked))?;
        row("received", format!("{} ({})", self.received_packets, rate(self.received_packets, self.received_bytes)))?;
        if let Some(expected) = self.expected_packets {
            row("of what was to come", format!("{:.1} % of {expected}", share(self.received_packets, expected)))?;
        }
        row("beside slots", format!("{} repetitions and probes", self.repair_packets))?;
        row("lost", format!("{} ({:.3} %)", self.lost, share(self.lost, self.lost + self.received_packets)))?;
        row("verified", format!("{} ({} bad)", self.verified, self.spoiled))?;
        row("duplicates, foreign", format!("{}, {}", self.duplicates, self.foreign))?;
        if let Some(delay) = self.delay_ms {
            row("delay through server", percentiles(delay))?;
        }
        if let Some(joins) = self.joins {
            row("joins", format!("{}, {:.1} per second", joins.count, joins.per_second))?;
            if let Some(time) = joins.time_ms {
                row("token to first sound", percentiles(time))?;
            }
        }
        if let Some(server) = self.server {
            let Server { cpu_seconds, control_cpu_seconds, cpu_us_per_packet, cpu_percent, bytes_per_participant } =
                server;
            let cpu = format!("{cpu_seconds:.2} s ({cpu_percent:.0} % of a core)");
            row("CPU of the server", format!("{cpu}, {cpu_us_per_packet:.2} µs per packet received"))?;
            if control_cpu_seconds > 0.0 {
                row("CPU of its control", format!("{control_cpu_seconds:.2} s"))?;
            }
            row("memory of the server", format!("{:.0} kB per participant", bytes_per_participant / 1e3))?;
        }
        let dropped = format!("{} datagrams dropped", self.own_dropped);
        row("this program", format!("{:.0} % of a core, {dropped}", self.own_cpu_percent))?;
        if self.renewed > 0 {
            row("connected again", self.renewed.to_string())?;
        }
        for failure in &self.failures {
            row("failed", failure.clone())?;
        }
        Ok(())
    }
}

fn share(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Sent;

    #[test]
    fn percentiles_are_values_that_occurred() {
        assert_eq!(Percentiles::of(Vec::new()), None);
        let of_hundred = Percentiles::of((1..=100).rev().map(|value| value * 1000).collect()).unwrap();
        assert_eq!(of_hundred, Percentiles { p50: 50.0, p95: 95.0, p99: 99.0, max: 100.0 });
        let of_one = Percentiles::of(vec![7000]).unwrap();
        assert_eq!((of_one.p50, of_one.max), (7.0, 7.0));
    }

    #[test]
    fn what_was_to_come_follows_from_what_was_sent() {
        let sent = Sent { packets: 30, speech: 10, ..Sent::default() };
        let outcome = Outcome { sent, ..Outcome::default() };
        let copies = Some(Copies { speech: 3.0, pictures: 9.0 });
        let report = Report::new(1, Duration::from_secs(1), outcome, None, copies, &Moments::default(), false);
        assert_eq!(report.expected_packets, Some(3 * 10 + 9 * 20));
    }

    #[test]
    fn loss_is_a_figure_and_a_bad_packet_is_a_fault() {
        let report = |received: Tally| {
            let outcome = Outcome { received, ..Outcome::default() };
            Report::new(1, Duration::from_secs(1), outcome, None, None, &Moments::default(), false)
        };
        assert!(report(Tally { verified: 5, lost: 3, ..Tally::default() }).is_sound());
        assert!(!report(Tally { verified: 5, spoiled: 1, ..Tally::default() }).is_sound());
        assert!(!report(Tally { verified: 5, foreign: 1, ..Tally::default() }).is_sound());
        assert!(!report(Tally::default()).is_sound(), "nothing was checked");
    }
}
