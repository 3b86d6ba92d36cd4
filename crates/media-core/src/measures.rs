//! What is measured of a connection, for those who look at it and for the choice of layers.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use str0m::Event;

/// The kind of network that a client's address is of. The address itself is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Network {
    /// This very machine.
    Loopback,
    /// The same link: no router is between.
    LinkLocal,
    /// A private network (RFC 1918, RFC 6598, RFC 4193).
    Private,
    /// The internet.
    Public,
}

impl Network {
    fn of(address: SocketAddr) -> Self {
        match address.ip().to_canonical() {
            ip if ip.is_loopback() => Self::Loopback,
            IpAddr::V4(ip) if ip.is_link_local() => Self::LinkLocal,
            IpAddr::V6(ip) if ip.is_unicast_link_local() => Self::LinkLocal,
            // 100.64.0.0/10 is a provider's own network, on the near side of its translation.
            IpAddr::V4(ip) if ip.is_private() || (ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64) => {
                Self::Private
            }
            IpAddr::V6(ip) if ip.is_unique_local() => Self::Private,
            _ => Self::Public,
        }
    }
}

/// A round trip that is longer than the shortest one by this much says that packets queue up: losses are congestion then. Less
/// would take a client that answers late for a queue; more would notice a queue too late.
const QUEUEING: Duration = Duration::from_millis(100);

/// From this share of lost packets on, more is sent than the line carries. Below it, losses may be those of a radio link, which
/// another estimate does not mend.
const OVERFLOW: f64 = 0.20;

/// From this share of lost packets on, a count is one with losses. Below it, what a client invents in their place is hardly heard.
const LOSSY: f64 = 0.04;

/// With losses in so many of the last eight counts (four seconds) audio is sent with repeats. Those of a line that has just become
/// too slow are over sooner, and more packets would prolong them.
const LOSSY_COUNTS: u32 = 6;

/// For how long audio is sent with repeats after losses: losses come in bursts, and repeats cost as much as two more voices.
const REPEAT_FOR: Duration = Duration::from_secs(10);

/// What is known of one transport.
#[derive(Debug)]
pub(crate) struct Measures {
    opened: Instant,
    /// How long it took from the first offer to ICE and DTLS.
    pub(crate) connected_after: Option<Duration>,
    pub(crate) packets_received: u64,
    pub(crate) packets_sent: u64,
    /// Datagrams that were over the participant's budget.
    pub(crate) packets_dropped: u64,
    pub(crate) bytes_received: u64,
    pub(crate) bytes_sent: u64,
    /// The share of the client's packets that did not arrive here, lately.
    pub(crate) loss_received: Option<f64>,
    /// The share of our packets that did not arrive there, lately.
    pub(crate) loss_sent: Option<f64>,
    pub(crate) network: Option<Network>,
    /// What has lately got through, in bits per second; 0 before that is known.
    arrived: u64,
    /// Whether the client reports the arrival of packets (TWCC).
    reports_arrival: bool,
    shortest_round_trip: Option<Duration>,
    is_queueing: bool,
    /// Which of the last counts had losses, the latest in the lowest bit.
    lossy: u8,
    /// Until when audio is sent with repeats.
    repeat_until: Option<Instant>,
    /// When it was last looked what has got through, and how much had been sent then.
    looked: (Instant, u64),
}

impl Measures {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            opened: now,
            connected_after: None,
            packets_received: 0,
            packets_sent: 0,
            packets_dropped: 0,
            bytes_received: 0,
            bytes_sent: 0,
            loss_received: None,
            loss_sent: None,
            network: None,
            arrived: 0,
            reports_arrival: false,
            shortest_round_trip: None,
            is_queueing: false,
            lossy: 0,
            repeat_until: None,
            looked: (now, 0),
        }
    }

    pub(crate) fn received(&mut self, contents: &[u8]) {
        self.packets_received += 1;
        self.bytes_received += contents.len() as u64;
    }

    pub(crate) fn sent(&mut self, contents: &[u8]) {
        self.packets_sent += 1;
        self.bytes_sent += contents.len() as u64;
    }

    /// Learns what an event of the transport tells.
    pub(crate) fn note(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Connected => {
                self.connected_after.get_or_insert(now.saturating_duration_since(self.opened));
            }
            Event::PeerStats(statistics) => {
                self.loss_received = statistics.ingress_loss_fraction.map(f64::from);
                self.reports_arrival |= statistics.egress_loss_fraction.is_some();
                self.loss_sent = statistics.egress_loss_fraction.map(f64::from).or(self.loss_sent);
                let selected = statistics.selected_candidate_pair.as_ref();
                self.network = selected.map(|pair| Network::of(pair.remote.addr)).or(self.network);
                self.note_arrived(now);
                self.lossy = self.lossy << 1 | u8::from(self.loss_sent.is_some_and(|loss| loss >= LOSSY));
                if self.lossy.count_ones() >= LOSSY_COUNTS {
                    self.repeat_until = Some(now + REPEAT_FOR);
                }
            }
            // Without transport-wide feedback there are only the receiver reports of each stream.
            Event::MediaEgressStats(statistics) => {
                self.loss_sent = statistics.loss.map(f64::from).filter(|_| !self.reports_arrival).or(self.loss_sent);
                // A stream that was not reported on again says again how long that took, but not what it has lost.
                if let Some(round_trip) = statistics.rtt.filter(|_| statistics.loss.is_some()) {
                    let shortest = self.shortest_round_trip.map_or(round_trip, |shortest| shortest.min(round_trip));
                    self.shortest_round_trip = Some(shortest);
                    self.is_queueing = round_trip > shortest + QUEUEING;
                }
            }
            _ => {}
        }
    }

    /// Whether so many packets are lost on the way to the client that audio is to be repeated.
    pub(crate) fn wants_repeats(&self, now: Instant) -> bool {
        // Where packets queue up, more of them would be the wrong remedy.
        !self.is_queueing && self.repeat_until.is_some_and(|until| now < until)
    }

    /// What gets through although little is estimated, in bits per second; 0 before that is known, and while packets queue up.
    pub(crate) fn carried(&self) -> u64 {
        if self.is_queueing { 0 } else { self.arrived }
    }

    /// What gets through of more than that, in bits per second; none if little is lost.
    pub(crate) fn overflow(&self) -> Option<u64> {
        self.loss_sent.is_some_and(|loss| loss >= OVERFLOW).then_some(self.arrived)
    }

    fn note_arrived(&mut self, now: Instant) {
        let (at, sent) = std::mem::replace(&mut self.looked, (now, self.bytes_sent));
        let seconds = now.saturating_duration_since(at).as_secs_f64();
        if let Some(loss) = self.loss_sent
            && seconds > 0.0
        {
            let arrived = (self.bytes_sent - sent) as f64 * 8.0 * (1.0 - loss.clamp(0.0, 1.0));
            self.arrived = (arrived / seconds) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_only_as_the_kind_of_its_network() {
        let of = |ip: &str| Network::of((ip.parse::<IpAddr>().unwrap(), 1).into());
        for ip in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(of(ip), Network::Loopback, "{ip}");
        }
        for ip in ["169.254.7.7", "fe80::1"] {
            assert_eq!(of(ip), Network::LinkLocal, "{ip}");
        }
        for ip in ["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1"] {
            assert_eq!(of(ip), Network::Private, "{ip}");
        }
        for ip in ["203.0.113.7", "100.128.0.1", "2001:db8::1"] {
            assert_eq!(of(ip), Network::Public, "{ip}");
        }
    }
}
