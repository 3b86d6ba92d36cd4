//! One client's connection: ICE, DTLS and SRTP by str0m, fenced.
//!
//! Nothing else in the core holds an `Rtc`. Every call into one runs under `catch_unwind`, because a panic in there means
//! a bug that must cost one transport and not the worker; and every mutation is followed by draining it to its next
//! timeout, as str0m's contract wants.

mod errors;
mod live;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::media::{Mid, Rid};
use str0m::net::{self, Receive};
use str0m::rtp::RtpPacket;
use str0m::{Input, Output};

use crate::allocation::Bandwidth;
use crate::budget::Budget;
use crate::capture_clock::CaptureClock;
use crate::client_path::ClientPath;
use crate::codec::Codec;
use crate::command::{CommandError, Source};
use crate::egress::{Egress, ForwardedPacket};
use crate::fact::CloseReason;
use crate::fault::{Fault, fence};
use crate::five_tuple::{FiveTuple, Protocol};
use crate::ids::TransportId;
use crate::measures::Measures;
use crate::offer::{self, CheckedOffer};
use crate::origin::{Origin, Origins};
use crate::outbox::Outbox;
use crate::slot::SlotKey;
use crate::snapshot::{TransportSnapshot, TransportState};
use crate::statistics::Reception;

use errors::{internal, kind_of, parse, refuse};
pub(crate) use live::warm_up;
use live::{Drained, Live, build_rtc};

/// How long a transport may take from its first offer until it is connected. A client that has an answer connects within
/// seconds; one that was closed meanwhile never does, and its memory is wanted back.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// What a line is believed to carry before the client's first reports, in bits per second. Enough for a good picture of one
/// participant or small ones of several; nearly every line carries it, and one that does not says so within a second.
const FIRST_ESTIMATE: u64 = 1_000_000;

/// What is sent at most to a client that does not report the arrival of packets, in bits per second. Browsers all do; this
/// is for others, of which we know nothing but that they wanted video.
const UNREPORTED_LIMIT: u64 = 6_000_000;

/// How long a transport waits at least when it still wants the time after it was given it. str0m asks for "now" when it has
/// more to do at once; should it never be satisfied (as 0.23.1 is not after an RTP packet with SSRC 0), this keeps one
/// transport from taking all the time of a thread, at the price of a delay that nobody hears.
const MIN_STEP: Duration = Duration::from_millis(1);

/// How often a transport is given the time at once while it still wants it. str0m's pacer sends one packet each time, and a
/// keyframe has some dozens.
const STEPS_AT_ONCE: usize = 64;

/// How far a transport's time may be ahead of the clock for that: nothing that anybody notices, and a microsecond for each packet.
const LEAD: Duration = Duration::from_micros(100);

/// A pause between two datagrams of a client after which it has missed something, and others have of it. A client that is sent
/// pictures reports on them several times a second; shorter would ask for keyframes after every hiccup of a busy client.
const ABSENCE: Duration = Duration::from_secs(1);

/// What a transport tells its room.
#[derive(Debug)]
pub(crate) enum TransportEvent {
    /// ICE and DTLS are done; what is forwarded from now on arrives.
    Connected,
    /// Checks arrive again after a pause, so what was forwarded before may be lost.
    Resumed,
    /// The client is heard again after a moment of nothing, or from elsewhere.
    Heard,
    /// Media from one of the client's sources.
    Packet(Box<MediaPacket>),
    /// The client cannot decode a slot without a keyframe.
    KeyframeWanted(SlotKey),
    /// The line to the client carries another bandwidth than before.
    Estimated,
    /// The transport ended by itself.
    Closed(CloseReason),
}

/// A packet from one of the client's sources.
#[derive(Debug)]
pub(crate) struct MediaPacket {
    pub(crate) origin: Origin,
    pub(crate) packet: RtpPacket,
    /// By our clock; never later than now.
    pub(crate) captured: Instant,
}

/// A participant's connection.
pub(crate) struct Transport {
    pub(crate) id: TransportId,
    pub(crate) serial: u32,
    /// None once the transport is closed.
    live: Option<Live>,
    connected: bool,
    deadline: Instant,
    /// When the client's last datagram came.
    heard: Instant,
    measures: Measures,
    round_trip: Option<Duration>,
    budget: Budget,
    /// What the line to the client carries.
    bandwidth: Bandwidth,
}

/// A datagram that arrived.
pub(crate) struct Incoming<'a> {
    pub(crate) tuple: FiveTuple,
    pub(crate) contents: &'a [u8],
}

/// Where a transport puts what it wants sent and what it has to tell.
pub(crate) struct Outputs<'a> {
    pub(crate) datagrams: &'a mut Outbox,
    pub(crate) events: &'a mut Vec<TransportEvent>,
}

impl Transport {
    /// Makes a transport from a client's first offer, and the answer to it.
    pub(crate) fn accept(
        id: TransportId,
        serial: u32,
        offer: CheckedOffer,
        addresses: &[SocketAddr],
        egress: Box<dyn Egress>,
        now: Instant,
    ) -> Result<(Self, String), CommandError> {
        let parsed = parse(&id, &offer.sdp)?;
        let mut live = Live {
            rtc: fence("making a transport", || build_rtc(addresses, offer.dtx, offer.reports_arrival, now))
                .map_err(|fault| refuse(&id, &fault))?,
            egress,
            lines: offer.lines,
            offered_slots: Vec::new(),
            ufrag: String::new(),
            path: ClientPath::default(),
            established: false,
            give_up: Some(now + CONNECT_TIMEOUT),
            origins: Origins::default(),
            capture_clock: CaptureClock::new(now),
        };
        let bandwidth = Bandwidth::Assumed(if offer.reports_arrival { FIRST_ESTIMATE } else { UNREPORTED_LIMIT });
        let answer = fence("answering an offer", || live.negotiate(parsed)).map_err(|fault| refuse(&id, &fault))??;
        let transport = Self {
            id,
            serial,
            live: Some(live),
            connected: false,
            deadline: now,
            heard: now,
            measures: Measures::new(now),
            round_trip: None,
            budget: Budget::of_participant(now),
            bandwidth,
        };
        Ok((transport, answer))
    }

    /// Negotiates a further offer of the same connection.
    pub(crate) fn renegotiate(
        &mut self,
        offer: CheckedOffer,
        now: Instant,
        out: &mut Outputs<'_>,
    ) -> Result<String, CommandError> {
        let Some(live) = &mut self.live else {
            return Err(offer::invalid("the transport is closed; offer again with a new transport id"));
        };
        offer::check_continues(&live.lines, &offer.lines)?;
        let parsed = parse(&self.id, &offer.sdp)?;
        let lines = std::mem::replace(&mut live.lines, offer.lines);
        match fence("answering a further offer", || live.negotiate(parsed)) {
            Ok(Ok(answer)) => {
                self.drain(now, out);
                Ok(answer)
            }
            Ok(Err(error)) => {
                live.lines = lines;
                self.drain(now, out);
                Err(error)
            }
            Err(fault) => {
                self.fail(&fault, out);
                Err(internal())
            }
        }
    }

    /// The local ICE user name, by which connectivity checks find this transport; another one after an ICE restart.
    pub(crate) fn ufrag(&self) -> Option<&str> {
        self.live.as_ref().map(|live| live.ufrag.as_str())
    }

    /// When the transport wants the time; none once it is closed.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let live = self.live.as_ref()?;
        let limit = live.give_up.or_else(|| live.path.consent_ends());
        Some(limit.map_or(self.deadline, |limit| limit.min(self.deadline)))
    }

    /// Whether what is sent in this slot now can arrive.
    pub(crate) fn can_send(&self, slot: SlotKey) -> bool {
        self.connected && self.live.as_ref().is_some_and(|live| live.give_up.is_none()) && self.offers(slot)
    }

    /// Whether the client receives in this slot, once it is connected.
    pub(crate) fn offers(&self, slot: SlotKey) -> bool {
        self.live.as_ref().is_some_and(|live| live.offered_slots.contains(&slot))
    }

    /// Whether the client has negotiated this codec for this slot.
    pub(crate) fn takes(&self, slot: SlotKey, codec: Codec) -> bool {
        self.live.as_ref().is_some_and(|live| live.egress.takes(slot, codec))
    }

    /// What the client calls the layers of a source, in the order of its offer; empty without simulcast.
    pub(crate) fn rids(&self, source: Source) -> &[String] {
        self.live.as_ref().and_then(|live| live.source_line(source)).map_or(&[], |line| &line.rids)
    }

    /// What the line to the client carries. Where much is lost, it is no more than what gets through: an estimate falls in small
    /// steps, and later.
    pub(crate) fn bandwidth(&self) -> Bandwidth {
        match (self.bandwidth, self.measures.overflow()) {
            (Bandwidth::Estimated(estimate), Some(arrived)) => Bandwidth::Estimated(estimate.min(arrived)),
            (bandwidth, _) => bandwidth,
        }
    }

    /// What has lately got through to the client, in bits per second; 0 when that is not known.
    pub(crate) fn carried(&self) -> u64 {
        self.measures.carried()
    }

    /// Looks anew at what the line to the client carries, beginning with this many bits per second.
    pub(crate) fn look(&mut self, bits_per_second: u64, now: Instant, out: &mut Outputs<'_>) {
        if let Some(live) = &mut self.live {
            self.bandwidth = Bandwidth::Estimated(bits_per_second);
            let looked =
                fence("looking at the line", || live.egress.look(&mut live.rtc, bits_per_second)).map(|()| true);
            self.after_step(looked, now, out);
        }
    }

    /// Says how much would be sent to the client if bandwidth were no matter, in bits per second.
    pub(crate) fn desire(&mut self, bits_per_second: u64, now: Instant, out: &mut Outputs<'_>) {
        if let Some(live) = &mut self.live {
            let desired =
                fence("desiring bandwidth", || live.egress.desire(&mut live.rtc, bits_per_second)).map(|()| true);
            self.after_step(desired, now, out);
        }
    }

    /// The slots in which the client receives at the moment.
    pub(crate) fn offered_slots(&self) -> &[SlotKey] {
        self.live.as_ref().map_or(&[], |live| &live.offered_slots)
    }

    /// Takes a datagram, if it is for this transport and there is budget left for it, here and in the room.
    pub(crate) fn receive(
        &mut self,
        datagram: &Incoming<'_>,
        room: &mut Budget,
        now: Instant,
        out: &mut Outputs<'_>,
    ) -> Reception {
        let Some(live) = &mut self.live else {
            return Reception::Unknown;
        };
        let Incoming { tuple, contents } = *datagram;
        let own = &mut self.budget;
        let reception = fence("taking a datagram", || {
            let FiveTuple { protocol, worker, client } = tuple;
            let protocol = match protocol {
                Protocol::Udp => net::Protocol::Udp,
                Protocol::Tcp => net::Protocol::Tcp,
            };
            let Ok(receive) = Receive::new(protocol, client, worker, contents) else {
                return Reception::Unknown;
            };
            let input = Input::Receive(now, receive);
            if !live.rtc.accepts(&input) {
                return Reception::Unknown;
            }
            // The participant's own comes first: what is above it must not use up that of the others.
            if !own.admit(contents, now) || !room.admit(contents, now) {
                return Reception::OverBudget;
            }
            live.path.note_arriving(datagram.tuple, datagram.contents);
            // An error says that this datagram is bad, which anyone who can forge a source address can bring about. If the
            // connection cannot go on after it, the handshake's time limit or the next poll will say so.
            match live.rtc.handle_input(input) {
                Ok(()) => Reception::Taken,
                Err(error) => {
                    tracing::debug!(error = kind_of(&error), "datagram refused");
                    Reception::Invalid
                }
            }
        });
        match reception {
            Ok(reception @ (Reception::Taken | Reception::Invalid)) => {
                self.measures.received(contents);
                let was_silent = now.saturating_duration_since(std::mem::replace(&mut self.heard, now)) >= ABSENCE;
                let place = live.path.present(now);
                self.drain(now, out);
                let has_moved = self.live.as_ref().is_some_and(|live| live.path.present(now) != place);
                if self.connected && (was_silent || has_moved) {
                    out.events.push(TransportEvent::Heard);
                }
                reception
            }
            Ok(reception) => {
                self.measures.packets_dropped += u64::from(reception == Reception::OverBudget);
                reception
            }
            Err(fault) => {
                self.fail(&fault, out);
                Reception::Taken
            }
        }
    }

    /// Gives the transport the time.
    pub(crate) fn tick(&mut self, now: Instant, out: &mut Outputs<'_>) {
        let Some(live) = &mut self.live else {
            return;
        };
        if live.give_up.is_some_and(|give_up| give_up <= now) {
            let ice_works = live.path.present(now).is_some();
            let reason = if ice_works { CloseReason::DtlsFailed } else { CloseReason::IceTimeout };
            self.close(now, out.datagrams);
            self.end(reason, out);
            return;
        }
        self.flush(now, out);
    }

    /// Takes a packet to be sent in a slot with the next [`Transport::flush`]; false if it is not sent. A picture has a dozen, which then
    /// leave one after the other.
    pub(crate) fn send(
        &mut self,
        slot: SlotKey,
        packet: &ForwardedPacket<'_>,
        now: Instant,
        out: &mut Outputs<'_>,
    ) -> bool {
        let Some(live) = &mut self.live else {
            return false;
        };
        match fence("sending a packet", || live.egress.send(&mut live.rtc, slot, packet, now)) {
            Ok(sent) => sent,
            Err(fault) => {
                self.fail(&fault, out);
                false
            }
        }
    }

    /// Lets go what was sent since then. str0m lets go one packet each time it is given the time, and each a microsecond after the one
    /// before, so its time runs a little ahead of ours while there is more.
    pub(crate) fn flush(&mut self, now: Instant, out: &mut Outputs<'_>) {
        let mut time = now;
        for _ in 0..STEPS_AT_ONCE {
            let Some(live) = &mut self.live else {
                return;
            };
            match fence("giving the time", || live.rtc.handle_input(Input::Timeout(time))) {
                Ok(result) => {
                    if let Err(error) = result {
                        tracing::debug!(error = kind_of(&error), "time refused");
                    }
                    self.drain(now, out);
                }
                Err(fault) => self.fail(&fault, out),
            }
            if self.deadline > now + LEAD {
                return;
            }
            time = time.max(self.deadline);
        }
        self.deadline = now + MIN_STEP;
    }

    /// Asks the client for a keyframe of a layer of one of its sources; false if nothing has arrived from there.
    pub(crate) fn request_keyframe(
        &mut self,
        source: Source,
        layer: usize,
        now: Instant,
        out: &mut Outputs<'_>,
    ) -> bool {
        let Some(live) = &mut self.live else {
            return false;
        };
        let Some(line) = live.source_line(source) else {
            return false;
        };
        let (mid, rid) = (Mid::from(line.mid.as_str()), line.rids.get(layer).map(|rid| Rid::from(rid.as_str())));
        let requested = fence("asking for a keyframe", || live.egress.request_keyframe(&mut live.rtc, mid, rid));
        self.after_step(requested, now, out)
    }

    /// What must follow a step of the `Rtc`: draining it, or its end.
    fn after_step(&mut self, done: Result<bool, Fault>, now: Instant, out: &mut Outputs<'_>) -> bool {
        match done {
            Ok(done) => {
                self.drain(now, out);
                done
            }
            Err(fault) => {
                self.fail(&fault, out);
                false
            }
        }
    }

    /// Closes the transport and says goodbye to the client, if it is there.
    pub(crate) fn close(&mut self, now: Instant, datagrams: &mut Outbox) {
        let Some(mut live) = self.live.take() else {
            return;
        };
        self.connected = false;
        let measures = &mut self.measures;
        let closed = fence("closing", move || {
            if live.rtc.handle_input(Input::Timeout(now)).is_err() || live.rtc.close().is_err() {
                return;
            }
            while let Ok(output) = live.rtc.poll_output() {
                match output {
                    Output::Transmit(transmit) => live.send_datagram(transmit, now, measures, datagrams),
                    Output::Timeout(_) => break,
                    Output::Event(_) => {}
                }
            }
        });
        if let Err(fault) = closed {
            fault.report(&self.id);
        }
    }

    /// Whether media may flow.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected
    }

    /// When the client's last datagram came, while it is connected.
    pub(crate) fn heard(&self) -> Option<Instant> {
        self.connected.then_some(self.heard)
    }

    /// How many milliseconds it took from the first offer to ICE and DTLS.
    pub(crate) fn connected_after_ms(&self) -> Option<u64> {
        self.measures.connected_after.map(|after| after.as_millis() as u64)
    }

    /// The transport's state.
    pub(crate) fn snapshot(&self) -> TransportSnapshot {
        TransportSnapshot {
            transport: self.id.clone(),
            state: match (&self.live, self.connected) {
                (None, _) => TransportState::Closed,
                (Some(_), true) => TransportState::Connected,
                (Some(_), false) => TransportState::New,
            },
            packets_received: self.measures.packets_received,
            packets_sent: self.measures.packets_sent,
            bytes_received: self.measures.bytes_received,
            bytes_sent: self.measures.bytes_sent,
            round_trip_ms: self.round_trip.map(|time| time.as_secs_f64() * 1000.0),
            estimate_bps: match self.bandwidth {
                Bandwidth::Estimated(estimate) => Some(estimate),
                Bandwidth::Assumed(_) => None,
            },
            packets_dropped: self.measures.packets_dropped,
            connected_after_ms: self.connected_after_ms(),
            network: self.measures.network,
            loss_received: self.measures.loss_received,
            loss_sent: self.measures.loss_sent,
        }
    }

    /// Ends the transport because of a bug of ours.
    fn fail(&mut self, fault: &Fault, out: &mut Outputs<'_>) {
        fault.report(&self.id);
        self.end(CloseReason::Fault, out);
    }

    /// Ends the transport without goodbye and tells the room why.
    fn end(&mut self, reason: CloseReason, out: &mut Outputs<'_>) {
        let live = self.live.take();
        // Dropping what panicked may panic again.
        let _ = fence("dropping a transport", move || drop(live));
        self.connected = false;
        out.events.push(TransportEvent::Closed(reason));
    }

    fn drain(&mut self, now: Instant, out: &mut Outputs<'_>) {
        let Some(live) = &mut self.live else {
            return;
        };
        let measures = &mut self.measures;
        let drained = fence("draining", || live.drain(now, measures, out));
        match drained {
            Ok(Drained { deadline, connected, round_trip, estimate, ended: None }) => {
                self.deadline = deadline;
                self.connected |= connected;
                self.round_trip = round_trip.or(self.round_trip);
                if let Some(estimate) = estimate {
                    self.bandwidth = Bandwidth::Estimated(estimate);
                    out.events.push(TransportEvent::Estimated);
                }
            }
            Ok(Drained { ended: Some(reason), .. }) => self.end(reason, out),
            Err(fault) => self.fail(&fault, out),
        }
    }
}
