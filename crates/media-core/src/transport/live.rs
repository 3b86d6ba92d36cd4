//! What there is of a transport while it is not closed: the `Rtc` and what is known of its client.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::bwe::Bitrate;
use str0m::change::SdpOffer;
use str0m::media::Mid;
use str0m::net;
use str0m::rtp::RtpPacket;
use str0m::{Event, Output, Rtc, RtcConfig};

use super::errors::kind_of;
use super::{FIRST_ESTIMATE, MediaPacket, Outputs, TransportEvent};
use crate::answer;
use crate::capture_clock::{CaptureClock, Report};
use crate::client_path::{self, ClientPath};
use crate::codec::{self, Codec};
use crate::command::{CommandError, Source};
use crate::egress::{Egress, Feedback};
use crate::fact::CloseReason;
use crate::fault::fence;
use crate::measures::Measures;
use crate::offer::{self, Line, Role};
use crate::origin::Origins;
use crate::outbox::{Class, Outbox};
use crate::slot::SlotKey;
use crate::worker::Datagram;

/// How long a connected transport lives on after the client's consent has ended, so that one whose network changed can
/// restart ICE instead of joining again. Nothing is forwarded in the meantime.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How often str0m counts. Pictures follow a line that is suddenly too slow by what is lost: within three seconds if that is counted once a
/// second, within two with this (simulated). Each time walks all streams.
const STATISTICS_INTERVAL: Duration = Duration::from_millis(500);

/// The one place where an `Rtc` is made.
pub(super) fn build_rtc(addresses: &[SocketAddr], dtx: bool, reports_arrival: bool, now: Instant) -> Rtc {
    let mut config =
        RtcConfig::new().set_ice_lite(true).set_rtp_mode(true).set_stats_interval(Some(STATISTICS_INTERVAL));
    codec::enable_all(config.codec_config(), dtx);
    // Without reports the first estimate would stay, and packets would wait for it.
    let config = config.enable_bwe(reports_arrival.then(|| Bitrate::bps(FIRST_ESTIMATE)));
    let mut rtc = config.build(now);
    client_path::announce(&mut rtc, addresses);
    rtc
}

/// Makes a connection and drops it.
pub(crate) fn warm_up(now: Instant) {
    // Whatever is wrong here is found again, and told, with the first offer.
    let _ = fence("warming up", || drop(build_rtc(&[], false, true, now)));
}

pub(super) struct Live {
    pub(super) rtc: Rtc,
    pub(super) egress: Box<dyn Egress>,
    pub(super) lines: Vec<Line>,
    pub(super) offered_slots: Vec<SlotKey>,
    pub(super) ufrag: String,
    pub(super) path: ClientPath,
    /// Whether ICE and DTLS were done once.
    pub(super) established: bool,
    /// When the transport is given up unless the client is there by then.
    pub(super) give_up: Option<Instant>,
    pub(super) origins: Origins,
    pub(super) capture_clock: CaptureClock,
}

/// What draining an `Rtc` to its next timeout has brought.
pub(super) struct Drained {
    pub(super) deadline: Instant,
    pub(super) connected: bool,
    pub(super) round_trip: Option<Duration>,
    pub(super) estimate: Option<u64>,
    pub(super) ended: Option<CloseReason>,
}

impl Live {
    pub(super) fn source_line(&self, source: Source) -> Option<&Line> {
        self.lines.iter().find(|line| line.role == Role::Source(source))
    }

    pub(super) fn negotiate(&mut self, offer: SdpOffer) -> Result<String, CommandError> {
        let answer = self.rtc.sdp_api().accept_offer(offer).map_err(|error| {
            tracing::debug!(error = kind_of(&error), "offer refused");
            offer::invalid(format!("the offer cannot be answered ({})", kind_of(&error)))
        })?;
        let mut streams = HashMap::new();
        for line in &self.lines {
            if let Role::Slot(slot) = line.role
                && let Some(stream) = self.egress.bind(&mut self.rtc, slot, Mid::from(line.mid.as_str()))
            {
                streams.insert(slot, stream);
            }
        }
        self.ufrag.clone_from(&self.rtc.direct_api().local_ice_credentials().ufrag);
        self.offered_slots = streams.keys().copied().collect();
        self.origins = Origins::of(&self.rtc);
        Ok(answer::rewrite(&answer.to_sdp_string(), &self.lines, &streams))
    }

    pub(super) fn drain(&mut self, now: Instant, measures: &mut Measures, out: &mut Outputs<'_>) -> Drained {
        let mut drained = Drained { deadline: now, connected: false, round_trip: None, estimate: None, ended: None };
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(deadline)) => {
                    drained.deadline = deadline;
                    if !self.rtc.is_alive() {
                        drained.ended.get_or_insert(CloseReason::PeerClosed);
                    }
                    self.watch_consent(now, out.events);
                    return drained;
                }
                Ok(Output::Transmit(transmit)) => self.send_datagram(transmit, now, measures, out.datagrams),
                Ok(Output::Event(event)) => {
                    measures.note(&event, now);
                    if matches!(event, Event::PeerStats(_)) {
                        self.egress.repeat_audio(measures.wants_repeats(now));
                    }
                    self.handle(event, now, &mut drained, out);
                }
                Err(error) => {
                    tracing::debug!(error = kind_of(&error), "transport failed");
                    drained.ended = Some(CloseReason::DtlsFailed);
                    return drained;
                }
            }
        }
    }

    fn handle(&mut self, event: Event, now: Instant, drained: &mut Drained, out: &mut Outputs<'_>) {
        match self.egress.feedback(&event) {
            Some(Feedback::KeyframeWanted(slot)) => out.events.push(TransportEvent::KeyframeWanted(slot)),
            Some(Feedback::RoundTrip(time)) => drained.round_trip = Some(time),
            Some(Feedback::Estimate(estimate)) => drained.estimate = Some(estimate),
            None => {}
        }
        match event {
            Event::Connected => {
                drained.connected = true;
                self.established = true;
                self.give_up = None;
                out.events.push(TransportEvent::Connected);
            }
            Event::RtpPacket(packet) => {
                self.path.note_media(now);
                if let Some(origin) = self.origins.find(&mut self.rtc, &self.lines, &packet) {
                    let captured = self.captured(origin.codec, &packet, now);
                    let packet = MediaPacket { origin, packet, captured };
                    out.events.push(TransportEvent::Packet(Box::new(packet)));
                }
            }
            // The goodbye of the client; what is left to send is drained before the transport ends.
            Event::Closed => drained.ended = Some(CloseReason::PeerClosed),
            _ => {}
        }
    }

    /// A client that is gone from where it was is waited for; one that is there again has missed something.
    pub(super) fn watch_consent(&mut self, now: Instant, events: &mut Vec<TransportEvent>) {
        if !self.established {
            return;
        }
        match (self.path.present(now), self.give_up) {
            (None, None) => self.give_up = Some(now + RECONNECT_TIMEOUT),
            (Some(_), Some(_)) => {
                self.give_up = None;
                events.push(TransportEvent::Resumed);
            }
            (None, Some(_)) | (Some(_), None) => {}
        }
    }

    pub(super) fn send_datagram(
        &mut self,
        transmit: net::Transmit,
        now: Instant,
        measures: &mut Measures,
        outbox: &mut Outbox,
    ) {
        let Some(tuple) = self.path.direct(&transmit, now) else {
            return;
        };
        let contents: Vec<u8> = transmit.contents.into();
        measures.sent(&contents);
        let class = Class::of(&contents, |payload_type| self.origins.kind(payload_type));
        outbox.push(class, Datagram { tuple, contents });
    }

    fn captured(&mut self, codec: Codec, packet: &RtpPacket, now: Instant) -> Instant {
        let report = packet.last_sender_info.map(|info| {
            // The report's timestamp is the wire's 32 bits, extended.
            Report { time: info.ntp_time, timestamp: info.rtp_time.numer() as u32 }
        });
        self.capture_clock.captured(packet.header.timestamp, codec.clock_rate(), report, now)
    }
}
