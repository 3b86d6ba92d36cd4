//! A participant without a world: datagrams and time in, datagrams out. ICE, then DTLS, then media.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rtc_rtcp::Packet;

use crate::dtls::{Dtls, Identity, Keys};
use crate::feedback::{self, ARRIVALS_INTERVAL, Arrivals, REPORTS_INTERVAL, Wanted};
use crate::ice::{Credentials, Ice};
use crate::incoming::{Incoming, Kind, Tally};
use crate::outgoing::{Layer, Outgoing, Turns};
use crate::rtp;
use crate::sdp::{self, Line, Purpose, Remote};

/// The time, by the two clocks that are needed: since the Unix epoch, as packets say it, and as DTLS wants it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) wall: Duration,
    pub(crate) instant: Instant,
}

/// What a participant does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    /// When it speaks; none for one without a microphone.
    pub(crate) microphone: Option<Turns>,
    /// What its camera sends; nothing for one without a camera.
    pub(crate) camera: Vec<Layer>,
    pub(crate) audio_slots: usize,
    pub(crate) video_slots: usize,
    /// Whether it offers more video slots when the server says so.
    pub(crate) grows: bool,
}

/// What a participant sent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sent {
    pub(crate) packets: u64,
    /// How many of them a microphone sent.
    pub(crate) speech: u64,
    pub(crate) bytes: u64,
    /// Packets that were asked for again.
    pub(crate) repeated: u64,
    /// Keyframes that were asked for.
    pub(crate) keyframes: u64,
}

impl Sent {
    /// Adds another's figures.
    pub(crate) fn add(&mut self, other: Self) {
        self.packets += other.packets;
        self.speech += other.speech;
        self.bytes += other.bytes;
        self.repeated += other.repeated;
        self.keyframes += other.keyframes;
    }
}

/// What an m-line is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    Publish,
    Receive,
}

/// Which stream an SSRC is.
#[derive(Debug, Clone, Copy)]
enum Stream {
    Slot(usize),
    Repair,
}

/// How checking is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checks {
    /// Every so many packets of a slot one is decrypted.
    pub(crate) share: u32,
    /// Whether packets name their publication.
    pub(crate) numbered: bool,
}

/// A participant.
pub(crate) struct Peer {
    identity: Arc<Identity>,
    checks: Checks,
    local: Credentials,
    sources: Vec<Outgoing>,
    part: Part,
    offers: u32,
    slots: Vec<Incoming>,
    ssrcs: Vec<Option<u32>>,
    streams: HashMap<u32, Stream>,
    ice: Option<Ice>,
    dtls: Option<Dtls>,
    keys: Option<Keys>,
    transport_extension: u8,
    transport_number: u16,
    ssrc: u32,
    arrivals: Arrivals,
    next_arrivals: Duration,
    next_reports: Duration,
    repairs: u64,
    sent: Sent,
    /// When the first packet of a microphone was decrypted.
    pub(crate) heard: Option<Duration>,
    /// Datagrams to send.
    pub(crate) out: Vec<Vec<u8>>,
}

impl Peer {
    pub(crate) fn new(identity: Arc<Identity>, part: Part, checks: Checks) -> Self {
        let mut sources: Vec<Outgoing> = Vec::new();
        sources.extend(part.microphone.map(|turns| Outgoing::speech("0", turns)));
        sources.extend(part.camera.iter().map(|layer| Outgoing::pictures("1", layer.clone())));
        let ssrc = sources.first().map_or_else(|| fastrand::u32(1..), |source| source.ssrc);
        Self {
            identity,
            checks,
            local: Credentials::random(),
            sources,
            part,
            offers: 0,
            slots: Vec::new(),
            ssrcs: Vec::new(),
            streams: HashMap::new(),
            ice: None,
            dtls: None,
            keys: None,
            transport_extension: rtp::extension::TRANSPORT_NUMBER,
            transport_number: 0,
            ssrc,
            arrivals: Arrivals::default(),
            next_arrivals: Duration::MAX,
            next_reports: Duration::MAX,
            repairs: 0,
            sent: Sent::default(),
            heard: None,
            out: Vec::new(),
        }
    }

    /// The offer, in the layout of the worker protocol: microphone, camera, screen, audio slots, video slots.
    pub(crate) fn offer(&mut self) -> String {
        let source = |kind, mid: &str| (kind, mid.to_owned(), Intent::Publish);
        let mut lines = vec![source(Kind::Audio, "0"), source(Kind::Video, "1"), source(Kind::Video, "2")];
        let slots = [(Kind::Audio, self.part.audio_slots), (Kind::Video, self.part.video_slots)];
        for kind in slots.into_iter().flat_map(|(kind, count)| std::iter::repeat_n(kind, count)) {
            lines.push((kind, lines.len().to_string(), Intent::Receive));
        }
        self.describe("actpass", lines)
    }

    /// The offer with so many video slots. The others stay where they are: new m-lines come last.
    pub(crate) fn offer_video_slots(&mut self, count: usize) -> String {
        self.part.video_slots = count.max(self.part.video_slots);
        self.offer()
    }

    /// A description with these m-lines, by kind and mid. Where nothing is published, a line to publish on is inactive.
    pub(crate) fn describe(&mut self, setup: &str, lines: Vec<(Kind, String, Intent)>) -> String {
        self.offers += 1;
        let purpose = |mid: &str, intent| {
            let streams: Vec<_> = self.sources.iter().filter(|source| source.mid == mid).collect();
            match intent {
                Intent::Receive => Purpose::Receive,
                Intent::Publish if streams.is_empty() => Purpose::Nothing,
                Intent::Publish => Purpose::Send(streams),
            }
        };
        let lines: Vec<Line<'_>> =
            lines.into_iter().map(|(kind, mid, intent)| Line { kind, purpose: purpose(&mid, intent), mid }).collect();
        sdp::write(&self.local, &self.identity.fingerprint, setup, self.offers, &lines)
    }

    /// Takes the server's answer, and begins to connect.
    pub(crate) fn accept(&mut self, remote: &Remote, server: SocketAddr, now: Duration) -> Result<()> {
        self.add_slots(remote);
        self.connect(remote, server, now)
    }

    /// Expects streams in the slots of an answer, as far as they are new.
    pub(crate) fn add_slots(&mut self, remote: &Remote) {
        let (mut audio, mut video) = (0, 0);
        // The layout of the offer: one microphone, camera and screen come before the slots.
        for line in &remote.lines {
            let (count, sources, kind) = match line.kind {
                Kind::Audio => (&mut audio, 1, Kind::Audio),
                Kind::Video => (&mut video, 2, Kind::Video),
            };
            *count += 1;
            if *count > sources {
                let index = *count - sources - 1;
                if !self.slots.iter().any(|slot| slot.kind == kind && slot.index == index) {
                    self.add_slot(kind, index, line.ssrc, line.repair_ssrc);
                }
            }
        }
    }

    /// Expects a stream in a slot.
    pub(crate) fn add_slot(&mut self, kind: Kind, index: usize, ssrc: Option<u32>, repair_ssrc: Option<u32>) {
        self.streams.extend(ssrc.map(|ssrc| (ssrc, Stream::Slot(self.slots.len()))));
        self.streams.extend(repair_ssrc.map(|ssrc| (ssrc, Stream::Repair)));
        self.slots.push(Incoming::new(kind, index));
        self.ssrcs.push(ssrc);
    }

    /// Begins to connect to the server of this description, at this address.
    pub(crate) fn connect(&mut self, remote: &Remote, server: SocketAddr, now: Duration) -> Result<()> {
        self.transport_extension = remote.transport_number;
        self.ice = Some(Ice::new(server, &self.local, &remote.credentials, now));
        self.dtls = Some(Dtls::new(&self.identity, remote.role, &remote.fingerprint)?);
        Ok(())
    }

    /// A slot shows this publication from now on; or whichever the server finds, if none is named.
    pub(crate) fn map(&mut self, kind: Kind, index: usize, number: Option<u32>) {
        for slot in self.slots.iter_mut().filter(|slot| slot.kind == kind && slot.index == index) {
            slot.map(number);
        }
    }

    /// Whether media can flow.
    pub(crate) fn is_connected(&self) -> bool {
        self.keys.is_some()
    }

    /// When [`Self::tick`] is wanted.
    pub(crate) fn deadline(&self, now: Now) -> Duration {
        let dtls = self.dtls.as_ref().and_then(Dtls::deadline);
        let dtls = dtls.map(|due| now.wall + due.saturating_duration_since(now.instant));
        let ice = self.ice.as_ref().map(|ice| ice.next_check);
        let sources = self.sources.iter().map(|source| source.due);
        let own = [self.next_arrivals, self.next_reports];
        sources.chain(own).chain(ice).chain(dtls).min().unwrap_or(Duration::MAX)
    }

    /// Takes a datagram that arrived at this time.
    pub(crate) fn handle(&mut self, datagram: &[u8], at: Duration, now: Now) -> Result<()> {
        // Which protocol it is follows from the first byte (RFC 7983 §7), RTCP from the second (RFC 5761 §4).
        match datagram {
            [128..192, 192..224, ..] => self.handle_rtcp(datagram, now),
            [128..192, ..] => {
                self.handle_rtp(datagram, at);
                Ok(())
            }
            [20..64, ..] => self.handle_dtls(datagram, now),
            [0..4, ..] => self.handle_stun(datagram, now),
            _ => Ok(()),
        }
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Now) -> Result<()> {
        if let Some(ice) = &mut self.ice {
            self.out.extend(ice.check(self.identity.provider.crypto(), now.wall)?);
        }
        if let Some(dtls) = &mut self.dtls {
            dtls.tick(now.instant)?;
            while let Some(datagram) = dtls.transmit() {
                self.out.push(datagram.to_vec());
            }
        }
        self.publish(now.wall)?;
        self.report(now.wall)
    }

    /// Says goodbye.
    pub(crate) fn close(&mut self, now: Now) {
        if let Some(dtls) = &mut self.dtls {
            dtls.close(now.instant);
            while let Some(datagram) = dtls.transmit() {
                self.out.push(datagram.to_vec());
            }
        }
    }

    /// Counts from here on.
    pub(crate) fn restart_counting(&mut self) {
        self.slots.iter_mut().for_each(Incoming::restart);
        self.sent = Sent::default();
        self.repairs = 0;
    }

    /// What was counted.
    pub(crate) fn tally(&self) -> (Sent, Tally) {
        let mut total = Tally { repairs: self.repairs, ..Tally::default() };
        for slot in &self.slots {
            total.add(&slot.tally(self.checks.numbered));
        }
        (self.sent, total)
    }

    fn handle_stun(&mut self, datagram: &[u8], now: Now) -> Result<()> {
        if let (Some(ice), Some(dtls)) = (&mut self.ice, &mut self.dtls)
            && ice.handle(datagram, self.identity.provider.crypto())
        {
            dtls.start(now.instant)?;
            return self.tick(now);
        }
        let answer = self.ice.as_ref().and_then(|ice| ice.answer(datagram, self.identity.provider.crypto()));
        self.out.extend(answer);
        Ok(())
    }

    fn handle_dtls(&mut self, datagram: &[u8], now: Now) -> Result<()> {
        let dtls = self.dtls.as_mut().context("DTLS came before the answer")?;
        let keys = dtls.handle(datagram, now.instant)?;
        if keys.is_some() {
            self.keys = keys;
            self.sources.iter_mut().for_each(|source| source.begin(now.wall));
            self.next_arrivals = now.wall + ARRIVALS_INTERVAL;
            self.next_reports = now.wall + REPORTS_INTERVAL;
        }
        self.tick(now)
    }

    fn handle_rtp(&mut self, datagram: &[u8], at: Duration) {
        let (Some(keys), Some(header)) = (&mut self.keys, rtp::parse(datagram, self.transport_extension)) else {
            return;
        };
        if let Some(number) = header.transport_number {
            self.arrivals.note(number, at);
        }
        match self.streams.get(&header.ssrc) {
            Some(Stream::Slot(place)) => {
                let Some(slot) = self.slots.get_mut(*place) else {
                    return;
                };
                let good = slot.receive(datagram, &header, at, self.checks.share, &mut keys.incoming);
                if good && slot.kind == Kind::Audio && self.heard.is_none() {
                    self.heard = Some(at);
                }
            }
            Some(Stream::Repair) | None => self.repairs += 1,
        }
    }

    fn handle_rtcp(&mut self, datagram: &[u8], now: Now) -> Result<()> {
        // Who publishes nothing is asked for nothing.
        let Some(keys) = self.keys.as_mut().filter(|_| !self.sources.is_empty()) else {
            return Ok(());
        };
        let plain = keys.incoming.decrypt_rtcp(datagram).context("the server's RTCP cannot be decrypted")?;
        let mut repeated = Vec::new();
        for wanted in feedback::wanted(&plain) {
            match wanted {
                Wanted::Keyframe(ssrc) => {
                    for source in self.sources.iter_mut().filter(|source| source.ssrc == ssrc) {
                        source.request_keyframe();
                        self.sent.keyframes += 1;
                    }
                }
                Wanted::Again(ssrc, sequences) => {
                    for source in self.sources.iter_mut().filter(|source| source.ssrc == ssrc) {
                        let number = &mut self.transport_number;
                        repeated.extend(sequences.iter().filter_map(|sequence| source.repeat(*sequence, number)));
                    }
                }
            }
        }
        self.sent.repeated += repeated.len() as u64;
        self.seal(&repeated)?;
        self.tick(now)
    }

    fn publish(&mut self, now: Duration) -> Result<()> {
        let mut packets = Vec::new();
        for source in self.sources.iter_mut().filter(|source| source.due <= now) {
            let before = packets.len();
            source.produce(now, &mut self.transport_number, &mut packets);
            if source.kind() == Kind::Audio {
                self.sent.speech += (packets.len() - before) as u64;
            }
        }
        self.sent.packets += packets.len() as u64;
        self.seal(&packets)
    }

    fn seal(&mut self, packets: &[Vec<u8>]) -> Result<()> {
        let Some(keys) = &mut self.keys else {
            return Ok(());
        };
        for packet in packets {
            let sealed = keys.outgoing.encrypt_rtp(packet).context("a packet cannot be encrypted")?;
            self.sent.bytes += sealed.len() as u64;
            self.out.push(sealed.into());
        }
        Ok(())
    }

    fn report(&mut self, now: Duration) -> Result<()> {
        let mut compounds: Vec<Vec<Box<dyn Packet>>> = Vec::new();
        if self.next_arrivals <= now {
            self.next_arrivals = now + ARRIVALS_INTERVAL;
            let about = self.ssrcs.iter().flatten().next().copied().unwrap_or(0);
            if let Some(feedback) = self.arrivals.feedback(self.ssrc, about) {
                compounds.push(vec![Box::new(feedback)]);
            }
        }
        if self.next_reports <= now {
            self.next_reports = now + REPORTS_INTERVAL;
            let slots = self.ssrcs.iter().zip(&mut self.slots);
            let reported: Vec<_> = slots.filter_map(|(ssrc, slot)| Some(((*ssrc)?, slot.report()?))).collect();
            for report in feedback::receiver_reports(self.ssrc, &reported) {
                compounds.push(vec![report]);
            }
            for source in self.sources.iter().filter(|source| source.packets > 0) {
                let timestamp = source.timestamp_at(now);
                let report = feedback::sender_report(source.ssrc, timestamp, source.packets, source.octets, now);
                compounds.push(vec![Box::new(report)]);
            }
        }
        let Some(keys) = &mut self.keys else {
            return Ok(());
        };
        for packets in compounds {
            let plain = feedback::compound(&packets)?;
            let sealed = keys.outgoing.encrypt_rtcp(&plain).context("RTCP cannot be encrypted")?;
            self.out.push(sealed.into());
        }
        Ok(())
    }
}
