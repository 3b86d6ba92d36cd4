//! Redundant audio (RED, RFC 2198): each packet also carries what the packets before it carried.
//!
//! It is forwarded as it comes, and made here for receivers that lose packets ([`Repeats`]).
//!
//! str0m does not know it, but passes on what it is told of a codec. So in the offer that str0m sees RED bears the name of
//! a codec that it knows and that nobody offers with this clock, and in the answer its own name again (ADR 0022).

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

/// RED around Opus, as offers and answers name it.
const NAME: &str = "red/48000/2";

/// What str0m takes it for: comfort noise, which exists at 8 to 32 kHz and with one channel.
const DISGUISE: &str = "CN/48000/2";

/// A line of an offer in the form str0m is to see; none if it must not see it.
pub(crate) fn disguised(line: &str) -> Option<Cow<'_, str>> {
    match split(line) {
        Some((_, codec)) if codec.eq_ignore_ascii_case(DISGUISE) => None,
        Some((payload_type, codec)) if codec.eq_ignore_ascii_case(NAME) => {
            Some(format!("a=rtpmap:{payload_type} {DISGUISE}").into())
        }
        _ => Some(line.into()),
    }
}

/// A line of str0m's answer in the form the client is to see. RED is only of use with the format that it contains (RFC
/// 2198 §5): the payload type of `opus` in this m-line.
pub(crate) fn revealed<'a>(line: &'a str, opus: Option<&str>) -> Cow<'a, str> {
    match (split(line), opus) {
        (Some((payload_type, DISGUISE)), Some(opus)) => {
            format!("a=rtpmap:{payload_type} {NAME}\r\na=fmtp:{payload_type} {opus}/{opus}").into()
        }
        _ => line.into(),
    }
}

/// The payload type of Opus, if this line of an answer tells it.
pub(crate) fn opus_payload_type(line: &str) -> Option<&str> {
    split(line).filter(|(_, codec)| codec.eq_ignore_ascii_case("opus/48000/2")).map(|(payload_type, _)| payload_type)
}

fn split(line: &str) -> Option<(&str, &str)> {
    let (payload_type, codec) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
    Some((payload_type, codec.trim()))
}

/// What a packet is about without what it repeats, for those who do not know RED. None if it is malformed or empty.
pub(crate) fn primary(payload: &[u8]) -> Option<&[u8]> {
    let Layout { primary, .. } = layout(payload)?;
    payload.get(primary..).filter(|block| !block.is_empty())
}

/// The same packet for a client that has another payload type for what is in it. None if it is malformed or empty, or not
/// all of one format, which nobody negotiates.
pub(crate) fn renumbered(payload: &Arc<[u8]>, payload_type: u8) -> Option<Arc<[u8]>> {
    primary(payload)?;
    let Layout { headers, .. } = layout(payload)?;
    let mut places: Vec<usize> = (0..headers - 1).step_by(HEADER).collect();
    places.push(headers - 1);
    let format = payload[headers - 1] & 0x7f;
    if places.iter().any(|place| payload[*place] & 0x7f != format) {
        return None;
    }
    if format == payload_type {
        return Some(payload.clone());
    }
    let mut renumbered = payload.to_vec();
    for place in places {
        renumbered[place] = (renumbered[place] & 0x80) | (payload_type & 0x7f);
    }
    Some(renumbered.into())
}

/// The length of a repeated block's header: F, payload type, timestamp offset (14 bits), length (10 bits). The last header,
/// that of the primary block, is one byte without F.
const HEADER: usize = 4;

/// How many packets before are repeated. With two, three in a row have to be lost for one to be missing; each more costs as
/// much as the voice itself.
const REPEATED: usize = 2;

/// The farthest packet that can be repeated, in ticks: 14 bits.
const FARTHEST: u32 = (1 << 14) - 1;

/// The largest packet that is repeated, in bytes: so that three of them stay below what a datagram carries.
const MAX_REPEATED: usize = 400;

/// The latest packets of Opus of a slot, to be repeated with the next ones.
#[derive(Debug, Default)]
pub(crate) struct Repeats(VecDeque<(u32, Arc<[u8]>)>);

impl Repeats {
    /// A packet behind those before it, of this payload type; then it is one of them.
    pub(crate) fn before(&mut self, payload_type: u8, timestamp: u32, payload: Arc<[u8]>) -> Arc<[u8]> {
        let is_near = |at: &u32| (1..=FARTHEST).contains(&timestamp.wrapping_sub(*at));
        let blocks = || self.0.iter().filter(|(at, _)| is_near(at));
        let length: usize = blocks().map(|(_, block)| HEADER + block.len()).sum();
        let mut packet = Vec::with_capacity(length + 1 + payload.len());
        for (at, block) in blocks() {
            let place = timestamp.wrapping_sub(*at) << 10 | block.len() as u32;
            packet.push(0x80 | payload_type);
            packet.extend(&place.to_be_bytes()[1..]);
        }
        packet.push(payload_type & 0x7f);
        blocks().for_each(|(_, block)| packet.extend(block.iter()));
        packet.extend(payload.iter());
        if payload.len() <= MAX_REPEATED {
            self.0.push_back((timestamp, payload));
        }
        while self.0.len() > REPEATED {
            self.0.pop_front();
        }
        packet.into()
    }
}

struct Layout {
    /// Where the headers end.
    headers: usize,
    /// Where the primary block begins; it goes to the end.
    primary: usize,
}

fn layout(payload: &[u8]) -> Option<Layout> {
    let (mut place, mut repeated) = (0, 0);
    while payload.get(place)? & 0x80 != 0 {
        let [_, _, high, low] = payload.get(place..)?.first_chunk::<HEADER>()?;
        repeated += usize::from(u16::from_be_bytes([high & 0x03, *low]));
        place += HEADER;
    }
    let headers = place + 1;
    let primary = headers + repeated;
    (primary <= payload.len()).then_some(Layout { headers, primary })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Chromium sends it: the packet before, 960 ticks ago, then this one.
    const PACKET: [u8; 10] = [0x80 + 111, 0x0f, 0x00, 0x02, 111, 1, 2, 3, 4, 5];

    #[test]
    fn the_primary_block_is_the_last() {
        assert_eq!(primary(&PACKET), Some(&[3, 4, 5][..]));
        assert_eq!(primary(&[111, 9]), Some(&[9][..]), "nothing is repeated after a silence");
        let twice = [0x80 + 111, 0, 0, 1, 0x80 + 111, 0, 0, 0, 111, 1, 2];
        assert_eq!(primary(&twice), Some(&[2][..]));
    }

    #[test]
    fn truncation_is_no_packet() {
        for length in 0..8 {
            assert_eq!(primary(&PACKET[..length]), None, "{length} bytes");
            assert_eq!(renumbered(&PACKET[..length].into(), 1), None, "{length} bytes");
        }
    }

    #[test]
    fn all_blocks_get_the_receivers_number() {
        let packet: Arc<[u8]> = PACKET.into();
        let other = renumbered(&packet, 96).unwrap();
        assert_eq!(other[..5], [0x80 + 96, 0x0f, 0x00, 0x02, 96]);
        assert_eq!(other[5..], PACKET[5..]);
        assert!(Arc::ptr_eq(&packet, &renumbered(&packet, 111).unwrap()), "nothing is copied in vain");
        let mixed = [0x80 + 13, 0, 0, 1, 111, 1, 2];
        assert_eq!(renumbered(&mixed.into(), 111), None);
    }

    #[test]
    fn what_was_sent_before_is_repeated() {
        let mut repeats = Repeats::default();
        let mut send = |timestamp: u32, payload: &[u8]| repeats.before(111, timestamp, payload.into());
        assert_eq!(send(u32::MAX - 959, &[1, 1])[..], [111, 1, 1], "nothing before it");
        assert_eq!(send(0, &[2])[..], [0x80 + 111, 0x0f, 0x00, 0x02, 111, 1, 1, 2]);
        let third = send(960, &[3]);
        assert_eq!(third[..], [0x80 + 111, 0x1e, 0, 2, 0x80 + 111, 0x0f, 0, 1, 111, 1, 1, 2, 3]);
        assert_eq!(primary(&third), Some(&[3][..]));
        assert_eq!(
            send(480, &[9])[..],
            [0x80 + 111, 0x07, 0x80, 1, 111, 2, 9],
            "what comes late is behind those before it"
        );
        assert_eq!(send(1920, &[7; MAX_REPEATED + 1]).len(), MAX_REPEATED + 2 + 2 * (HEADER + 1));
        assert_eq!(
            send(960 + FARTHEST, &[4])[..5],
            [0x80 + 111, 0xff, 0xfc, 1, 111],
            "a long block and a far one are left out"
        );
    }

    #[test]
    fn no_bytes_are_too_strange() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..200_000 {
            let payload: Vec<u8> = (0..random.usize(0..24)).map(|_| random.u8(..) | random.u8(..) & 0x80).collect();
            let renumbered = renumbered(&payload.as_slice().into(), 96);
            if let Some(primary) = primary(&payload) {
                assert!(!primary.is_empty() && payload.ends_with(primary));
                assert!(renumbered.is_none_or(|other| other.ends_with(primary) && other.len() == payload.len()));
            } else {
                assert_eq!(renumbered, None);
            }
        }
    }

    #[test]
    fn offers_and_answers_are_translated_there_and_back() {
        assert_eq!(disguised("a=rtpmap:63 red/48000/2").as_deref(), Some("a=rtpmap:63 CN/48000/2"));
        assert_eq!(disguised("a=rtpmap:63 RED/48000/2").as_deref(), Some("a=rtpmap:63 CN/48000/2"));
        assert_eq!(disguised("a=rtpmap:116 red/90000").as_deref(), Some("a=rtpmap:116 red/90000"), "that of video");
        assert_eq!(disguised("a=rtpmap:13 CN/8000").as_deref(), Some("a=rtpmap:13 CN/8000"));
        assert_eq!(disguised("a=rtpmap:13 cn/48000/2"), None, "nobody borrows the disguise");
        assert_eq!(opus_payload_type("a=rtpmap:111 opus/48000/2"), Some("111"));
        assert_eq!(revealed("a=rtpmap:63 CN/48000/2", Some("111")), "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111");
        assert_eq!(revealed("a=rtpmap:63 CN/48000/2", None), "a=rtpmap:63 CN/48000/2", "alone it is of no use");
    }
}
