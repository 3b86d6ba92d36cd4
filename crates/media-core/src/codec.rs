//! The codecs that are forwarded.
//!
//! Clients number them as they like, so packets go from one client to another by codec, and each gets its own payload
//! type. Nothing is transcoded: a receiver without the codec of a publication gets nothing of it.

use std::fmt;

use str0m::format::{Codec as Format, CodecConfig, PayloadParams};

use crate::command::Kind;
use crate::{h264, vp8};

/// The payload type under which H.264 is known to str0m until an offer gives it another one, and that of its repetitions.
const H264_PAYLOAD_TYPES: (u8, u8) = (108, 109);

/// Constrained baseline, level 3.1: what every browser with H.264 can decode (RFC 7742 §6.2). The level is not a limit,
/// as both sides allow the other another one.
const H264_PROFILE_LEVEL: u32 = 0x42_e0_1f;

/// A codec that can be forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Opus (RFC 7587).
    Opus,
    /// G.711 µ-law (RFC 3551).
    Pcmu,
    /// G.711 A-law (RFC 3551).
    Pcma,
    /// VP8 (RFC 7741).
    Vp8,
    /// H.264, constrained baseline, packetization mode 1 (RFC 6184).
    H264,
}

impl Codec {
    /// Which of them negotiated parameters are about; none if they are about something that is not forwarded.
    pub(crate) fn of(params: &PayloadParams) -> Option<Self> {
        match params.spec().codec {
            Format::Opus => Some(Self::Opus),
            Format::PCMU => Some(Self::Pcmu),
            Format::PCMA => Some(Self::Pcma),
            Format::Vp8 => Some(Self::Vp8),
            Format::H264 => Some(Self::H264),
            _ => None,
        }
    }

    /// Whether it is for sound or for pictures.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Opus | Self::Pcmu | Self::Pcma => Kind::Audio,
            Self::Vp8 | Self::H264 => Kind::Video,
        }
    }

    /// The RTP clock, in ticks per second.
    #[must_use]
    pub fn clock_rate(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            Self::Pcmu | Self::Pcma => 8_000,
            Self::Vp8 | Self::H264 => 90_000,
        }
    }

    /// Whether a decoder of pictures can begin with this RTP payload.
    pub(crate) fn starts_keyframe(self, payload: &[u8]) -> bool {
        match self {
            Self::Opus | Self::Pcmu | Self::Pcma => false,
            Self::Vp8 => vp8::starts_keyframe(payload),
            Self::H264 => h264::starts_keyframe(payload),
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opus => "Opus",
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::Vp8 => "VP8",
            Self::H264 => "H.264",
        })
    }
}

/// Lets a connection negotiate all of them, in our order of preference, which is the order in answers.
pub(crate) fn enable_all(config: &mut CodecConfig) {
    config.clear();
    config.enable_opus(true);
    config.enable_pcmu(true);
    config.enable_pcma(true);
    config.enable_vp8(true);
    let (payload_type, repair) = H264_PAYLOAD_TYPES;
    config.add_h264(payload_type.into(), Some(repair.into()), true, H264_PROFILE_LEVEL);
}
