//! Everything that leaves towards a client in slots: SSRCs, numbers, timestamps, retransmissions, and the keyframe
//! requests that come back.
//!
//! The rest of the core speaks of slots and packets; only an [`Egress`] knows how they become streams. Each transport has
//! its own, chosen when the transport is made, so that another way to send can stand beside this one. An SSRC is only
//! ever sent by one of them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::bwe::{Bitrate, BweKind};
use str0m::media::{KeyframeRequestKind, Mid, Pt, Rid};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, Ssrc};
use str0m::{Event, Rtc};

use crate::codec::Codec;
use crate::command::Kind;
use crate::picture_ids::PictureIds;
use crate::red;
use crate::rewrite::Rewriter;
use crate::slot::SlotKey;

/// How many sent packets a video slot can repeat. At 4 Mbit/s (about 420 packets/s) this is more than the time below;
/// each costs its payload in memory.
const REPAIR_PACKETS: usize = 1500;

/// For how long a sent packet can be repeated. Longer than any useful play-out delay, short enough that an old request
/// costs nothing.
const REPAIR_AGE: Duration = Duration::from_secs(3);

/// The largest share of repeated bytes among all bytes sent, measured over a second; above it all waiting repetitions
/// are dropped. str0m's 0.15 cannot carry 30 % loss (0.3 of the packets and 0.3 of the repetitions: a share of 0.3); this
/// can, and still keeps a client that asks for everything again from more than doubling what it is sent.
const MAX_REPAIR_SHARE: f32 = 0.5;

/// The largest payload that is forwarded, in bytes. Browsers stay at about 1,200; str0m writes into 2,000 bytes with
/// header and authentication, and a larger payload would panic in every receiver.
pub(crate) const MAX_PAYLOAD: usize = 1500;

/// A slot's stream, as the answer names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotStream {
    /// The stream's SSRC.
    pub ssrc: u32,
    /// The SSRC of its retransmissions, where the codec has them.
    pub repair_ssrc: Option<u32>,
    /// The name under which sender reports speak of it.
    pub cname: String,
}

/// A packet of a publication on its way to a slot.
#[derive(Debug)]
pub struct ForwardedPacket<'a> {
    /// The packet as it came from the publisher.
    pub packet: &'a RtpPacket,
    /// What it is coded with.
    pub codec: Codec,
    /// The publication's number.
    pub number: u32,
    /// Whether it begins something new: nothing before it is forwarded, and it follows what was sent before.
    pub starts: bool,
    /// When the media in it was captured, by our clock; never later than now.
    pub wallclock: Instant,
}

/// What a client says about what it receives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Feedback {
    /// It cannot decode this slot without a keyframe.
    KeyframeWanted(SlotKey),
    /// How long a packet and its report took, there and back.
    RoundTrip(Duration),
    /// What the line to it is believed to carry, in bits per second.
    Estimate(u64),
}

/// How one transport sends.
pub trait Egress {
    /// Gives a slot its stream on an m-line that the client just offered. Doing so again returns the same stream.
    fn bind(&mut self, rtc: &mut Rtc, slot: SlotKey, mid: Mid) -> Option<SlotStream>;

    /// Whether the client has negotiated this codec for this slot.
    fn takes(&self, slot: SlotKey, codec: Codec) -> bool;

    /// Sends a packet in a slot. False if the slot has no stream or the packet has no place in it.
    fn send(&mut self, rtc: &mut Rtc, slot: SlotKey, packet: &ForwardedPacket<'_>, now: Instant) -> bool;

    /// What an event of the transport says about what we send, if it does.
    fn feedback(&self, event: &Event) -> Option<Feedback>;

    /// Asks the client for a keyframe on one of its own m-lines, of one layer. False if nothing has arrived there yet.
    fn request_keyframe(&mut self, rtc: &mut Rtc, mid: Mid, rid: Option<Rid>) -> bool;

    /// Whether audio is sent with what was sent before it, to who understands that (RED).
    fn repeat_audio(&mut self, repeats: bool);

    /// Looks anew at what the line to the client carries, beginning with this many bits per second.
    fn look(&mut self, rtc: &mut Rtc, bits_per_second: u64);

    /// Says how much would be sent if bandwidth were no matter, in bits per second, so that it is looked for.
    fn desire(&mut self, rtc: &mut Rtc, bits_per_second: u64);
}

/// Sends through str0m's own streams.
#[derive(Debug)]
pub struct StromEgress {
    slots: BTreeMap<SlotKey, BoundSlot>,
    ssrcs: SsrcAllocator,
    repeats_audio: bool,
}

#[derive(Debug)]
struct BoundSlot {
    mid: Mid,
    stream: SlotStream,
    /// Whether the client receives here at the moment.
    active: bool,
    formats: Vec<Format>,
    rewriter: Rewriter,
    picture_ids: PictureIds,
    repeats: red::Repeats,
}

/// A codec as the client numbers it.
#[derive(Debug, Clone, Copy)]
struct Format {
    codec: Codec,
    payload_type: Pt,
    /// Whether the client can be sent packets of it again.
    repaired: bool,
}

impl BoundSlot {
    fn format(&self, codec: Codec) -> Option<Format> {
        self.formats.iter().find(|format| format.codec == codec).copied()
    }

    /// A payload as the client can decode it, and what it is then. None if there is nothing to decode.
    fn prepare(&self, codec: Codec, payload: &Arc<[u8]>) -> Option<(Format, Arc<[u8]>)> {
        let prepared = match (codec, self.format(codec)) {
            (Codec::Red, Some(red)) => (red, red::renumbered(payload, *self.format(Codec::Opus)?.payload_type)?),
            (Codec::Red, None) => (self.format(Codec::Opus)?, red::primary(payload)?.into()),
            (_, format) => (format?, payload.clone()),
        };
        Some(prepared).filter(|(_, payload)| !payload.is_empty())
    }
}

impl StromEgress {
    /// An egress that draws SSRCs and first numbers from this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            slots: BTreeMap::new(),
            ssrcs: SsrcAllocator { random: fastrand::Rng::with_seed(seed), used: HashSet::new() },
            repeats_audio: false,
        }
    }
}

impl Egress for StromEgress {
    fn bind(&mut self, rtc: &mut Rtc, slot: SlotKey, mid: Mid) -> Option<SlotStream> {
        let media = rtc.media(mid)?;
        if let Some(bound) = self.slots.get_mut(&slot) {
            bound.active = media.direction().is_sending();
        }
        if !media.direction().is_sending() {
            return None;
        }
        let formats: Vec<Format> = rtc
            .codec_config()
            .params()
            .iter()
            .filter(|params| media.remote_pts().contains(&params.pt()))
            .filter_map(|params| {
                let codec = Codec::of(params).filter(|codec| codec.kind() == slot.kind)?;
                Some(Format { codec, payload_type: params.pt(), repaired: params.resend().is_some() })
            })
            .collect();
        if formats.is_empty() {
            return None;
        }
        let cname = media.cname().to_owned();

        // str0m makes a stream with SSRCs of its own choice wherever the client receives and there is none. Ours is made when
        // there is something to send: a stream costs time with each packet of any other, and its sender reports would say
        // that its clock stands at 0, which a receiver needs several further ones to believe no more.
        let made = rtc.direct_api().stream_tx_by_mid(mid, None).map(|stream| (stream.ssrc(), stream.rtx()));
        let (made_ssrc, made_repair) = made?;
        if let Some(bound) = self.slots.get_mut(&slot) {
            bound.formats = formats;
            if *made_ssrc != bound.stream.ssrc {
                rtc.direct_api().remove_stream_tx(made_ssrc);
            }
            return Some(bound.stream.clone());
        }
        rtc.direct_api().remove_stream_tx(made_ssrc);
        let stream = SlotStream { ssrc: self.ssrcs.next(), repair_ssrc: made_repair.map(|_| self.ssrcs.next()), cname };
        let rewriter = Rewriter::new(self.ssrcs.random.u64(..));
        self.slots.insert(
            slot,
            BoundSlot {
                mid,
                stream: stream.clone(),
                active: true,
                formats,
                rewriter,
                picture_ids: PictureIds::default(),
                repeats: red::Repeats::default(),
            },
        );
        Some(stream)
    }

    fn takes(&self, slot: SlotKey, codec: Codec) -> bool {
        // Who does not know RED is sent the Opus in it.
        let codec = if codec == Codec::Red { Codec::Opus } else { codec };
        self.slots.get(&slot).is_some_and(|bound| bound.format(codec).is_some())
    }

    fn send(&mut self, rtc: &mut Rtc, slot: SlotKey, forwarded: &ForwardedPacket<'_>, now: Instant) -> bool {
        let Some(bound) = self.slots.get_mut(&slot).filter(|bound| bound.active) else {
            return false;
        };
        let ForwardedPacket { packet, codec, number, starts, wallclock } = *forwarded;
        let sequence = *packet.seq_no;
        if starts {
            bound.rewriter.start(sequence, packet.header.timestamp, codec.clock_rate(), wallclock);
        }
        let Some((format, payload)) = bound.prepare(codec, &packet.payload) else {
            bound.rewriter.skip(sequence);
            return false;
        };
        let Some((sequence, timestamp)) = bound.rewriter.map(sequence, packet.header.timestamp, wallclock) else {
            return false;
        };
        let repeated = self.repeats_audio && format.codec == Codec::Opus;
        let (format, payload) = match repeated.then(|| bound.format(Codec::Red)).flatten() {
            Some(red) => (red, bound.repeats.before(*format.payload_type, timestamp, payload)),
            None => (format, payload),
        };
        // Where a talkspurt begins, the receiver may adjust its delay (RFC 3551 §4.1).
        let begins_talk = starts && codec.kind() == Kind::Audio;
        let patch = (codec == Codec::Vp8).then(|| bound.picture_ids.patch(&payload, starts)).flatten();
        let mut api = rtc.direct_api();
        let (ssrc, repair_ssrc) = (bound.stream.ssrc.into(), bound.stream.repair_ssrc.map(Ssrc::from));
        if api.stream_tx(&ssrc).is_none() {
            let sender = api.declare_stream_tx(ssrc, repair_ssrc, bound.mid, None);
            // Publishers pace what they send. Pacing it again would hold back up to two seconds of video when the estimate
            // falls, and what is measured then is the pacer; less is sent by choosing a lower layer.
            sender.set_unpaced(true);
            if repair_ssrc.is_some() {
                sender.set_rtx_cache(REPAIR_PACKETS, REPAIR_AGE, Some(MAX_REPAIR_SHARE));
            }
        }
        let Some(sender) = api.stream_tx(&ssrc) else {
            return false;
        };
        let write = RtpWrite::new(format.payload_type, sequence.into(), timestamp, wallclock.min(now), payload)
            .marker(packet.header.marker || begins_talk)
            .nackable(format.repaired && repair_ssrc.is_some())
            .csrc(&[number])
            .ext_vals(forwarded_extensions(&packet.header.ext_vals));
        sender.write_rtp(match patch {
            Some(patch) => write.vp8_patch(patch),
            None => write,
        });
        true
    }

    fn feedback(&self, event: &Event) -> Option<Feedback> {
        match event {
            Event::KeyframeRequest(request) => {
                let (slot, _) = self.slots.iter().find(|(_, bound)| bound.mid == request.mid)?;
                Some(Feedback::KeyframeWanted(*slot))
            }
            Event::MediaEgressStats(statistics) => statistics.rtt.map(Feedback::RoundTrip),
            Event::EgressBitrateEstimate(BweKind::Twcc(estimate)) => Some(Feedback::Estimate(estimate.as_u64())),
            _ => None,
        }
    }

    fn repeat_audio(&mut self, repeats: bool) {
        self.repeats_audio = repeats;
    }

    fn look(&mut self, rtc: &mut Rtc, bits_per_second: u64) {
        // A new estimator begins with probes of three and six times what it is given.
        rtc.bwe().reset(Bitrate::bps(bits_per_second));
    }

    fn desire(&mut self, rtc: &mut Rtc, bits_per_second: u64) {
        rtc.bwe().set_desired_bitrate(Bitrate::bps(bits_per_second));
    }

    fn request_keyframe(&mut self, rtc: &mut Rtc, mid: Mid, rid: Option<Rid>) -> bool {
        let mut api = rtc.direct_api();
        let Some(stream) = api.stream_rx_by_mid(mid, rid) else {
            return false;
        };
        stream.request_keyframe(KeyframeRequestKind::Pli);
        true
    }
}

/// The header extensions that mean the same to every receiver. The others (mid, rid, repaired rid, the publisher's
/// transport-wide numbers and send times) belong to the publisher's transport.
fn forwarded_extensions(from: &ExtensionValues) -> ExtensionValues {
    ExtensionValues {
        audio_level: from.audio_level,
        voice_activity: from.voice_activity,
        video_orientation: from.video_orientation,
        ..ExtensionValues::default()
    }
}

/// Chooses the SSRCs of a transport's slots.
#[derive(Debug)]
struct SsrcAllocator {
    random: fastrand::Rng,
    used: HashSet<u32>,
}

impl SsrcAllocator {
    fn next(&mut self) -> u32 {
        loop {
            // 0 is what browsers probe with.
            let ssrc = self.random.u32(1..);
            if self.used.insert(ssrc) {
                return ssrc;
            }
        }
    }
}
