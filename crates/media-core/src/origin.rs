//! Where a client's packets come from: which source, which layer of it, which codec.

use std::collections::HashMap;

use str0m::Rtc;
use str0m::media::{Mid, Pt, Rid};
use str0m::rtp::{RtpPacket, Ssrc};

use crate::codec::Codec;
use crate::command::{Kind, Source};
use crate::egress::MAX_PAYLOAD;
use crate::offer::{Line, Role};

/// How many SSRCs of a client are remembered; it has three sources, one of them in three layers, and few reasons to change
/// streams. Beyond it they are looked up again.
const MAX_KNOWN_SSRCS: usize = 32;

/// What a packet is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) source: Source,
    /// The place of its layer in the offer.
    pub(crate) layer: usize,
    pub(crate) codec: Codec,
}

/// Tells the origins of packets.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    known_ssrcs: HashMap<Ssrc, Option<(Source, usize)>>,
    /// What the client's payload types stand for.
    codecs: Vec<(Pt, Codec)>,
}

impl Origins {
    /// Of what was just negotiated.
    pub(crate) fn of(rtc: &Rtc) -> Self {
        let params = rtc.codec_config().params();
        let codecs = params.iter().filter_map(|params| Some((params.pt(), Codec::of(params)?))).collect();
        Self { known_ssrcs: HashMap::new(), codecs }
    }

    /// What a payload type of the client is for.
    pub(crate) fn kind(&self, payload_type: u8) -> Option<Kind> {
        self.codecs.iter().find(|(known, _)| **known == payload_type).map(|(_, codec)| codec.kind())
    }

    /// The origin of a packet. None for one that no receiver could use.
    pub(crate) fn find(&mut self, rtc: &mut Rtc, lines: &[Line], packet: &RtpPacket) -> Option<Origin> {
        if packet.payload.len() > MAX_PAYLOAD {
            return None;
        }
        let ssrc = packet.header.ssrc;
        if self.known_ssrcs.len() > MAX_KNOWN_SSRCS {
            self.known_ssrcs.clear();
        }
        let known = *self.known_ssrcs.entry(ssrc).or_insert_with(|| {
            let mut api = rtc.direct_api();
            let stream = api.stream_rx(&ssrc)?;
            let line = lines.iter().find(|line| Mid::from(line.mid.as_str()) == stream.mid())?;
            match line.role {
                Role::Source(source) => {
                    let (mid, layer) = (stream.mid(), layer_of(line, stream.rid())?);
                    if source.kind() == Kind::Audio {
                        // Without a stream for repairs str0m does not ask for them; they come in this one (ADR 0029).
                        api.expect_stream_rx(ssrc, None, mid, None).suppress_nack(false);
                    }
                    Some((source, layer))
                }
                Role::Slot(_) | Role::Data => None,
            }
        });
        let ((source, layer), payload_type) = (known?, packet.header.payload_type);
        let (_, codec) = *self.codecs.iter().find(|(known, _)| *known == payload_type)?;
        (codec.kind() == source.kind()).then_some(Origin { source, layer, codec })
    }
}

/// The place of a layer on its m-line. Without simulcast there is one, whatever it is called.
fn layer_of(line: &Line, rid: Option<Rid>) -> Option<usize> {
    if line.rids.is_empty() {
        return Some(0);
    }
    line.rids.iter().position(|name| Some(Rid::from(name.as_str())) == rid)
}
