//! The codecs that are forwarded.
//!
//! Clients number them as they like, so packets go from one client to another by codec, and each gets its own payload
//! type. Nothing is transcoded: a receiver without the codec of a publication gets nothing of it.

use std::fmt;

use str0m::format::{Codec as Format, CodecConfig, FormatParams, PayloadParams};
use str0m::media::Frequency;

use crate::command::Kind;
use crate::{av1, h264, vp8, vp9};

/// The payload types under which codecs are known to str0m until an offer gives them others, as Chromium numbers them; of
/// video also those of its repetitions.
const OPUS_PAYLOAD_TYPE: u8 = 111;
const RED_PAYLOAD_TYPE: u8 = 63;
const VP9_PAYLOAD_TYPES: (u8, u8) = (98, 99);

const H264_PAYLOAD_TYPES: (u8, u8) = (108, 109);

/// Constrained baseline, level 3.1: what every browser with H.264 can decode (RFC 7742 §6.2). The level is not a limit,
/// as both sides allow the other another one.
const H264_PROFILE_LEVEL: u32 = 0x42_e0_1f;

/// A codec that can be forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Opus (RFC 7587).
    Opus,
    /// Opus with what went before it (RFC 2198).
    Red,
    /// G.711 µ-law (RFC 3551).
    Pcmu,
    /// G.711 A-law (RFC 3551).
    Pcma,
    /// VP8 (RFC 7741).
    Vp8,
    /// VP9, profile 0 (RFC 9628).
    Vp9,
    /// H.264, constrained baseline, packetization mode 1 (RFC 6184).
    H264,
    /// AV1, main profile.
    Av1,
}

impl Codec {
    /// Which of them negotiated parameters are about; none if they are about something that is not forwarded.
    pub(crate) fn of(params: &PayloadParams) -> Option<Self> {
        match params.spec().codec {
            Format::Opus => Some(Self::Opus),
            Format::PCMU => Some(Self::Pcmu),
            Format::PCMA => Some(Self::Pcma),
            // Its disguise; see there.
            Format::CN => Some(Self::Red),
            Format::Vp8 => Some(Self::Vp8),
            Format::Vp9 => Some(Self::Vp9),
            Format::H264 => Some(Self::H264),
            Format::Av1 => Some(Self::Av1),
            _ => None,
        }
    }

    /// Whether it is for sound or for pictures.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Opus | Self::Red | Self::Pcmu | Self::Pcma => Kind::Audio,
            Self::Vp8 | Self::Vp9 | Self::H264 | Self::Av1 => Kind::Video,
        }
    }

    /// The RTP clock, in ticks per second.
    #[must_use]
    pub fn clock_rate(self) -> u32 {
        match self {
            Self::Opus | Self::Red => 48_000,
            Self::Pcmu | Self::Pcma => 8_000,
            Self::Vp8 | Self::Vp9 | Self::H264 | Self::Av1 => 90_000,
        }
    }

    /// Width and height of the picture of a keyframe that begins in this RTP payload, where they are easy to find.
    pub(crate) fn keyframe_size(self, payload: &[u8]) -> Option<(u16, u16)> {
        match self {
            Self::Vp8 => vp8::keyframe_size(payload),
            _ => None,
        }
    }

    /// Whether a decoder of pictures can begin with this RTP payload.
    pub(crate) fn starts_keyframe(self, payload: &[u8]) -> bool {
        match self {
            Self::Opus | Self::Red | Self::Pcmu | Self::Pcma => false,
            Self::Vp8 => vp8::starts_keyframe(payload),
            Self::Vp9 => vp9::starts_keyframe(payload),
            Self::H264 => h264::starts_keyframe(payload),
            Self::Av1 => av1::starts_keyframe(payload),
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opus => "Opus",
            Self::Red => "RED",
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::H264 => "H.264",
            Self::Av1 => "AV1",
        })
    }
}

/// Lets a connection negotiate all of them, in our order of preference, which is the order in answers. With `dtx` the
/// client is asked to send little while it is silent (RFC 7587 §6.1, `usedtx`).
pub(crate) fn enable_all(config: &mut CodecConfig, dtx: bool) {
    config.clear();
    let opus = FormatParams {
        min_p_time: Some(10),
        use_inband_fec: Some(true),
        use_dtx: dtx.then_some(true),
        ..FormatParams::default()
    };
    let (clock_rate, channels) = (Frequency::FORTY_EIGHT_KHZ, Some(2));
    config.add_config(OPUS_PAYLOAD_TYPE.into(), None, Format::Opus, clock_rate, channels, opus);
    config.add_config(RED_PAYLOAD_TYPE.into(), None, Format::CN, clock_rate, channels, FormatParams::default());
    config.enable_pcmu(true);
    config.enable_pcma(true);
    config.enable_vp8(true);
    // Not str0m's own choice, which has profile 2 as well: 10 bits, for which not every browser has a decoder.
    let (payload_type, repair) = VP9_PAYLOAD_TYPES;
    let profile = FormatParams { profile_id: Some(0), ..FormatParams::default() };
    let clock_rate = Frequency::NINETY_KHZ;
    config.add_config(payload_type.into(), Some(repair.into()), Format::Vp9, clock_rate, None, profile);
    let (payload_type, repair) = H264_PAYLOAD_TYPES;
    config.add_h264(payload_type.into(), Some(repair.into()), true, H264_PROFILE_LEVEL);
    config.enable_av1(true);
    for params in config.iter_mut() {
        // Bandwidth is estimated from transport-wide feedback, and keyframes are asked for by PLI.
        params.set_fb_remb(false);
        params.set_fb_fir(false);
    }
}
