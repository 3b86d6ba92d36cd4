//! A client as the SDK is: str0m, offering, with the layout of the protocol.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::oracle;
use super::simulcast::{self, LayerSender};
use media_core::Source;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::{Codec, CodecConfig, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::rtcp::Rtcp;
use str0m::rtp::{ExtensionValues, RawPacket, RtpWrite, Ssrc};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

const AUDIO_INTERVAL: Duration = Duration::from_millis(20);
const VIDEO_INTERVAL: Duration = Duration::from_millis(33);
const PACKETS_PER_FRAME: usize = 3;

/// How the first packet of a keyframe begins.
pub const KEYFRAME_VP8: (u8, u8) = (0x10, 0x00);
pub const KEYFRAME_VP9: (u8, u8) = (0x08, 0x82);
pub const KEYFRAME_H264: (u8, u8) = (0x67, 0x42);
pub const KEYFRAME_AV1: (u8, u8) = (0x18, 0x0a);

/// str0m does not know RED, so for it RED is this; nobody sends comfort noise here.
pub const RED: Codec = Codec::CN;

/// What a client knows, by its own payload types, and what it sends.
#[derive(Debug, Clone, Copy)]
pub struct Codecs {
    pub known: &'static [(u8, Codec)],
    pub microphone: Codec,
    pub camera: Codec,
}

impl Codecs {
    /// A client that knows everything.
    pub const ALL: Self = Self {
        known: &[
            (111, Codec::Opus),
            (63, RED),
            (0, Codec::PCMU),
            (8, Codec::PCMA),
            (96, Codec::Vp8),
            (98, Codec::Vp9),
            (103, Codec::H264),
            (45, Codec::Av1),
        ],
        microphone: Codec::Opus,
        camera: Codec::Vp8,
    };

    /// A client that knows everything by other payload types, some of which mean something else above.
    pub const ALL_RENUMBERED: Self = Self {
        known: &[
            (96, Codec::Opus),
            (98, RED),
            (0, Codec::PCMU),
            (8, Codec::PCMA),
            (103, Codec::Vp8),
            (45, Codec::Vp9),
            (111, Codec::H264),
            (63, Codec::Av1),
        ],
        ..Self::ALL
    };

    /// A client without H.264, AV1 and RED, as Firefox ESR numbers the rest.
    pub const WITHOUT_H264: Self =
        Self { known: &[(109, Codec::Opus), (0, Codec::PCMU), (8, Codec::PCMA), (120, Codec::Vp8)], ..Self::ALL };

    #[must_use]
    pub fn sending(self, microphone: Codec, camera: Codec) -> Self {
        Self { microphone, camera, ..self }
    }

    fn enable(self, config: &mut CodecConfig) {
        config.clear();
        for (payload_type, codec) in self.known {
            let repair = Some((payload_type + 1).into());
            match *codec {
                Codec::H264 => config.add_h264((*payload_type).into(), repair, true, 0x42_e0_1f),
                RED => {
                    let (clock_rate, format) = (Frequency::FORTY_EIGHT_KHZ, FormatParams::default());
                    config.add_config((*payload_type).into(), None, RED, clock_rate, Some(2), format);
                }
                Codec::PCMU => config.enable_pcmu(true),
                Codec::PCMA => config.enable_pcma(true),
                codec => {
                    // Only to have the codec's own parameters.
                    let mut defaults = CodecConfig::new_with_defaults();
                    let spec = defaults.iter_mut().find(|params| params.spec().codec == codec).unwrap().spec();
                    let repair = repair.filter(|_| codec.is_video());
                    let payload_type = (*payload_type).into();
                    config.add_config(payload_type, repair, codec, spec.clock_rate, spec.channels, spec.format);
                }
            }
        }
    }
}

/// What a client received in a slot.
#[derive(Debug, Clone)]
pub struct Received {
    pub sequence: u64,
    pub timestamp: u32,
    pub payload_type: u8,
    pub marker: bool,
    pub csrc: Vec<u32>,
    pub audio_level: Option<i8>,
    pub payload: Arc<[u8]>,
    pub at: Instant,
}

/// What a client sent from a source.
#[derive(Debug, Clone)]
pub struct Sent {
    pub payload: Arc<[u8]>,
    pub at: Instant,
}

/// One source's way of sending.
#[derive(Debug)]
pub struct Sender {
    mid: Mid,
    pub codec: Codec,
    pub sequence: u64,
    next: Option<Instant>,
    pub enabled: bool,
    pub sent: Vec<Sent>,
    /// Empty packets are put between frames, as padding.
    pub padding: bool,
    /// Only every so many packets are sent, as Opus does in a silence (DTX).
    pub sparse: Option<u32>,
    /// Packets' times that went by.
    times: u32,
}

pub struct Client {
    pub name: &'static str,
    pub transport: String,
    pub address: SocketAddr,
    pub rtc: Rtc,
    pub connected: bool,
    pub closed: bool,
    pub outgoing: Vec<Vec<u8>>,
    pub microphone: Sender,
    pub camera: Sender,
    /// What the microphone says of itself.
    pub loudness: Option<i8>,
    /// The camera's simulcast layers, from the lowest up; empty without simulcast.
    pub layers: Vec<LayerSender>,
    pub screen: Mid,
    pub audio_slots: Vec<Mid>,
    pub video_slots: Vec<Mid>,
    pub received: HashMap<Mid, Vec<Received>>,
    pub keyframe_requests: Vec<Instant>,
    /// What the worker told by RTCP, and when it arrived.
    pub reports: Vec<(Instant, Rtcp)>,
    keyframe_wanted: bool,
    number: u8,
    lines: Vec<(MediaKind, Direction)>,
    pending: Option<SdpPendingOffer>,
    deadline: Instant,
}

impl Client {
    pub fn new(name: &'static str, number: u8, codecs: Codecs, address: SocketAddr, now: Instant) -> Self {
        let mut config = RtcConfig::new().set_rtp_mode(true).enable_raw_packets(true);
        codecs.enable(config.codec_config());
        let mut rtc = config.build(now);
        rtc.add_local_candidate(Candidate::host(address, Protocol::Udp).unwrap());
        let sender = |codec, sequence| Sender {
            mid: Mid::from("-"),
            codec,
            sequence,
            next: None,
            enabled: true,
            sent: Vec::new(),
            padding: false,
            sparse: None,
            times: 0,
        };
        let mut client = Self {
            name,
            transport: String::new(),
            address,
            rtc,
            connected: false,
            closed: false,
            outgoing: Vec::new(),
            microphone: sender(codecs.microphone, 100),
            // Wraps within the first seconds.
            camera: sender(codecs.camera, 65_400),
            loudness: Some(-20),
            layers: Vec::new(),
            screen: Mid::from("-"),
            audio_slots: Vec::new(),
            video_slots: Vec::new(),
            received: HashMap::new(),
            keyframe_requests: Vec::new(),
            reports: Vec::new(),
            keyframe_wanted: true,
            number,
            lines: vec![
                (MediaKind::Audio, Direction::SendOnly),
                (MediaKind::Video, Direction::SendOnly),
                (MediaKind::Video, Direction::Inactive),
            ],
            pending: None,
            deadline: now,
        };
        client.lines.extend([(MediaKind::Audio, Direction::RecvOnly); 3]);
        client.add_video_slots(4);
        client
    }

    /// Offers more slots next time.
    pub fn add_video_slots(&mut self, count: usize) {
        self.lines.extend(std::iter::repeat_n((MediaKind::Video, Direction::RecvOnly), count));
    }

    /// The offer of all lines that were not offered yet, and of changed directions.
    pub fn offer(&mut self, now: Instant) -> String {
        self.change(now, |api, mids| {
            for mid in mids {
                // An offer needs a change; the screen's direction is the one that is free.
                api.set_direction(*mid, Direction::SendOnly);
            }
        })
    }

    /// The offer that restarts ICE.
    pub fn offer_ice_restart(&mut self, now: Instant) -> String {
        self.change(now, |api, _| {
            api.ice_restart(true);
        })
    }

    fn change(&mut self, now: Instant, otherwise: impl FnOnce(&mut str0m::change::SdpApi<'_>, &[Mid])) -> String {
        let mut api = self.rtc.sdp_api();
        let new: Vec<_> = self.lines.drain(..).collect();
        let first = self.audio_slots.is_empty();
        for (number, (kind, direction)) in new.iter().enumerate() {
            let layers =
                Some(simulcast::offered(&self.layers)).filter(|_| first && number == 1 && !self.layers.is_empty());
            let mid = api.add_media(*kind, *direction, None, None, layers);
            match (first, number, kind) {
                (true, 0, _) => self.microphone.mid = mid,
                (true, 1, _) => self.camera.mid = mid,
                (true, 2, _) => self.screen = mid,
                (_, _, MediaKind::Audio) => self.audio_slots.push(mid),
                (_, _, MediaKind::Video) => self.video_slots.push(mid),
            }
        }
        if new.is_empty() {
            otherwise(&mut api, &[self.screen]);
        }
        let (offer, pending) = api.apply().expect("a change");
        self.pending = Some(pending);
        self.drain(now);
        offer.to_sdp_string().replace("CN/48000/2", "red/48000/2")
    }

    pub fn answer(&mut self, sdp: &str, now: Instant) {
        let answer =
            SdpAnswer::from_sdp_string(&sdp.replace("red/48000/2", "CN/48000/2")).expect("an answer that parses");
        let pending = self.pending.take().expect("an offer");
        self.rtc.sdp_api().accept_answer(pending, answer).expect("an answer that fits the offer");
        if let Some(camera) = self.rtc.direct_api().stream_tx_by_mid(self.camera.mid, None)
            && !self.connected
        {
            // Browsers repeat as much as they are asked to.
            camera.set_rtx_cache(2000, Duration::from_secs(3), Some(0.9));
        }
        self.drain(now);
    }

    pub fn deadline(&self) -> Instant {
        let media = [&self.microphone, &self.camera].into_iter().filter_map(|sender| sender.next);
        media.chain([self.deadline]).min().unwrap()
    }

    pub fn receive(&mut self, source: SocketAddr, contents: &[u8], now: Instant) {
        if let Ok(receive) = Receive::new(Protocol::Udp, source, self.address, contents) {
            let input = Input::Receive(now, receive);
            if self.rtc.accepts(&input) {
                self.rtc.handle_input(input).unwrap();
                self.drain(now);
            }
        }
    }

    pub fn tick(&mut self, now: Instant) {
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.drain(now);
        if self.microphone.next.is_some_and(|next| next <= now) {
            self.microphone.next = Some(now + AUDIO_INTERVAL);
            self.send_audio(now);
        }
        if self.camera.next.is_some_and(|next| next <= now) {
            self.camera.next = Some(now + VIDEO_INTERVAL);
            self.send_frame(now);
        }
    }

    /// The stream that a source is sent as.
    pub fn ssrc_of(&mut self, source: Source) -> Ssrc {
        let mid = match source {
            Source::Microphone => self.microphone.mid,
            Source::Camera => self.camera.mid,
            Source::Screen => self.screen,
        };
        self.rtc.direct_api().stream_tx_by_mid(mid, None).expect("a stream for the source").ssrc()
    }

    /// The camera is sent with this SSRC from now on.
    pub fn send_camera_as(&mut self, ssrc: Ssrc) {
        let before = self.ssrc_of(Source::Camera);
        let mut api = self.rtc.direct_api();
        api.remove_stream_tx(before);
        let repair = (*ssrc + 1).into();
        api.declare_stream_tx(ssrc, Some(repair), self.camera.mid, None);
    }

    /// What arrived in a slot, in the order of its numbers.
    pub fn in_order(&self, slot: Mid) -> Vec<Received> {
        let mut received = self.received.get(&slot).cloned().unwrap_or_default();
        received.sort_by_key(|packet| packet.sequence);
        received
    }

    fn send_audio(&mut self, now: Instant) {
        if !self.microphone.enabled {
            return;
        }
        self.microphone.times += 1;
        if self.microphone.sparse.is_some_and(|every| !self.microphone.times.is_multiple_of(every)) {
            return;
        }
        let index = self.microphone.sent.len() as u32;
        let payload = self.payload(0, 0, index, 80);
        let ticks = if [Codec::Opus, RED].contains(&self.microphone.codec) { 960 } else { 160 };
        let time = self.microphone.times.wrapping_mul(ticks);
        let levels = ExtensionValues {
            audio_level: self.loudness,
            voice_activity: self.loudness.map(|_| true),
            ..Default::default()
        };
        self.microphone.sent.push(Sent { payload: payload.clone(), at: now });
        let payload = if self.microphone.codec == RED { self.redundant(&payload) } else { payload };
        let sequence = next_sequence(&mut self.microphone);
        write_numbered(&mut self.rtc, &self.microphone, sequence, time, false, levels, payload, now);
        self.drain(now);
    }

    /// A payload behind the one before it (RFC 2198), as Chromium sends it.
    fn redundant(&self, payload: &[u8]) -> Arc<[u8]> {
        let params = self.rtc.codec_config().params();
        let opus = *params.iter().find(|params| params.spec().codec == Codec::Opus).unwrap().pt();
        let mut packet = Vec::new();
        let before = self.microphone.sent.iter().rev().nth(1);
        if let Some(before) = before {
            // 960 ticks before, in 14 bits, and the length in 10.
            packet.push(0x80 + opus);
            packet.extend(&(960 << 10 | before.payload.len() as u32).to_be_bytes()[1..]);
        }
        packet.push(opus);
        packet.extend(before.iter().flat_map(|before| before.payload.iter()));
        packet.extend(payload);
        packet.into()
    }

    /// What a packet is about, without what a worker repeats in it (RFC 2198) on a line that loses packets.
    pub fn without_repeats(&self, packet: &Received) -> Arc<[u8]> {
        let params = self.rtc.codec_config().params();
        if !params.iter().any(|params| params.spec().codec == RED && *params.pt() == packet.payload_type) {
            return packet.payload.clone();
        }
        let (_, latest) = oracle::blocks(&packet.payload).swap_remove(0);
        latest.into()
    }

    fn send_frame(&mut self, now: Instant) {
        if !self.camera.enabled {
            return;
        }
        if !self.layers.is_empty() {
            self.send_layers(now);
            return;
        }
        let keyframe = std::mem::take(&mut self.keyframe_wanted);
        // Far enough from 0 that a switch between two cameras is a jump both in time and in numbers.
        let time = (self.camera.sent.len() as u32 / PACKETS_PER_FRAME as u32)
            .wrapping_mul(2970)
            .wrapping_add(u32::from(self.number) << 30);
        for packet in 0..PACKETS_PER_FRAME {
            let index = self.camera.sent.len() as u32;
            let (first, second) = match (self.camera.codec, packet == 0, keyframe) {
                // Sequence parameters, then fragments of slices.
                (Codec::H264, true, true) => KEYFRAME_H264,
                (Codec::H264, false, true) => (0x7c, 0x05),
                (Codec::H264, true, false) => (0x7c, 0x81),
                (Codec::H264, false, false) => (0x7c, 0x01),
                (Codec::Vp9, true, true) => KEYFRAME_VP9,
                (Codec::Vp9, false, true) => (0x00, 0x82),
                (Codec::Vp9, true, false) => (0x48, 0x86),
                (Codec::Vp9, false, false) => (0x40, 0x86),
                (Codec::Av1, true, true) => KEYFRAME_AV1,
                (Codec::Av1, true, false) => (0x10, 0x32),
                (Codec::Av1, false, _) => (0x90, 0x32),
                (_, true, true) => KEYFRAME_VP8,
                (_, true, false) => (0x10, 0x01),
                (_, false, _) => (0x00, u8::from(!keyframe)),
            };
            let payload = self.payload(first, second, index, 300 + 100 * packet);
            let last = packet == PACKETS_PER_FRAME - 1;
            write(&mut self.rtc, &mut self.camera, time, last, ExtensionValues::default(), payload, now);
            self.drain(now);
        }
        if self.camera.padding {
            let empty: Arc<[u8]> = Arc::from([]);
            let sequence = next_sequence(&mut self.camera);
            write_numbered(&mut self.rtc, &self.camera, sequence, time, false, ExtensionValues::default(), empty, now);
            self.drain(now);
        }
    }

    fn send_layers(&mut self, now: Instant) {
        self.camera.times += 1;
        let time = self.camera.times.wrapping_mul(2970).wrapping_add(u32::from(self.number) << 30);
        let params = self.rtc.codec_config().params();
        let payload_type = params.iter().find(|params| params.spec().codec == self.camera.codec).expect("a codec").pt();
        for layer in &mut self.layers {
            for write in layer.next_frame(self.number, payload_type, time, now) {
                let mut api = self.rtc.direct_api();
                let stream = api.stream_tx_by_mid(self.camera.mid, Some(layer.rid)).expect("a stream for each layer");
                stream.write_rtp(write);
            }
        }
        self.drain(now);
    }

    fn payload(&self, first: u8, second: u8, index: u32, length: usize) -> Arc<[u8]> {
        let mut payload = vec![first, second, self.number];
        payload.extend(index.to_be_bytes());
        payload.resize(length, index as u8);
        payload.into()
    }

    fn drain(&mut self, now: Instant) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(deadline)) => {
                    self.deadline = deadline;
                    return;
                }
                Ok(Output::Transmit(transmit)) => self.outgoing.push(transmit.contents.into()),
                Ok(Output::Event(event)) => self.handle(event, now),
                // A handshake that nobody answers ends like this.
                Err(_) => self.closed = true,
            }
        }
    }

    fn handle(&mut self, event: Event, now: Instant) {
        match event {
            Event::Connected => {
                self.connected = true;
                self.microphone.next = Some(now);
                self.camera.next = Some(now);
            }
            Event::Closed => self.closed = true,
            Event::KeyframeRequest(request) if request.mid == self.camera.mid => {
                if let Some(layer) = self.layers.iter_mut().find(|layer| Some(layer.rid) == request.rid) {
                    layer.keyframe_requests.push(now);
                    layer.keyframe_wanted = true;
                }
                self.keyframe_wanted = true;
                self.keyframe_requests.push(now);
            }
            Event::RawPacket(packet) => {
                if let RawPacket::RtcpRx(report) = *packet {
                    self.reports.push((now, report));
                }
            }
            Event::RtpPacket(packet) => {
                let mid = self.rtc.direct_api().stream_rx(&packet.header.ssrc).expect("a known stream").mid();
                self.received.entry(mid).or_default().push(Received {
                    sequence: *packet.seq_no,
                    timestamp: packet.header.timestamp,
                    payload_type: *packet.header.payload_type,
                    marker: packet.header.marker,
                    csrc: packet.header.csrc[..packet.header.csrc_count].to_vec(),
                    audio_level: packet.header.ext_vals.audio_level,
                    payload: packet.payload,
                    at: now,
                });
            }
            _ => {}
        }
    }

    /// Asks the worker for a keyframe in a slot.
    pub fn want_keyframe(&mut self, slot: Mid, now: Instant) {
        let mut api = self.rtc.direct_api();
        let stream = api.stream_rx_by_mid(slot, None).expect("a stream in the slot");
        stream.request_keyframe(str0m::media::KeyframeRequestKind::Pli);
        self.drain(now);
    }
}

fn next_sequence(sender: &mut Sender) -> u64 {
    sender.sequence += 1;
    sender.sequence
}

#[allow(clippy::too_many_arguments)]
fn write(
    rtc: &mut Rtc,
    sender: &mut Sender,
    time: u32,
    marker: bool,
    extensions: ExtensionValues,
    payload: Arc<[u8]>,
    now: Instant,
) {
    let sequence = next_sequence(sender);
    sender.sent.push(Sent { payload: payload.clone(), at: now });
    write_numbered(rtc, sender, sequence, time, marker, extensions, payload, now);
}

#[allow(clippy::too_many_arguments)]
fn write_numbered(
    rtc: &mut Rtc,
    sender: &Sender,
    sequence: u64,
    time: u32,
    marker: bool,
    extensions: ExtensionValues,
    payload: Arc<[u8]>,
    now: Instant,
) {
    let codec = rtc.codec_config().params().iter().find(|params| params.spec().codec == sender.codec);
    let payload_type = codec.expect("the codec was negotiated").pt();
    let mut api = rtc.direct_api();
    let stream = api.stream_tx_by_mid(sender.mid, None).expect("a stream for the source");
    let nackable = stream.rtx().is_some();
    stream.write_rtp(
        RtpWrite::new(payload_type, sequence.into(), time, now, payload)
            .marker(marker)
            .nackable(nackable)
            .ext_vals(extensions),
    );
}

impl Client {
    /// Closes the connection.
    pub fn hang_up(&mut self) {
        self.rtc.close().unwrap();
        self.microphone.next = None;
        self.camera.next = None;
        self.drain(self.deadline);
    }
}

/// The offer of a client that does not matter otherwise.
pub fn any_offer(now: Instant) -> String {
    Client::new("anyone", 250, Codecs::ALL, ([198, 51, 100, 250], 5000).into(), now).offer(now)
}
