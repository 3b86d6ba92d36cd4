//! One stream that a participant publishes: speech or pictures, shaped like a browser's.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::incoming::Kind;
use crate::mark::Mark;
use crate::rtp::{self, Fields, extension};
use crate::trace::Trace;

/// The payload types of the offer.
pub(crate) mod payload_type {
    pub(crate) const OPUS: u8 = 111;
    pub(crate) const VP8: u8 = 96;
    pub(crate) const VP8_REPAIR: u8 = 97;
}

/// How many packets can be sent again: a second of 720p.
const RING: usize = 256;

/// Opus' usual frame.
const SPEECH_INTERVAL: Duration = Duration::from_millis(20);

/// How long somebody speaks before it is somebody else's turn.
const TURN: Duration = Duration::from_secs(3);

/// A speaker's and a listener's loudness, in dB below full scale (RFC 6464).
const LOUD: u8 = 25;
const QUIET: u8 = 80;

/// Who of a room speaks when: everybody in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turns {
    pub(crate) place: u32,
    pub(crate) of: u32,
}

impl Turns {
    fn speaks(self, now: Duration) -> bool {
        let turn = now.as_secs() / TURN.as_secs();
        turn % u64::from(self.of.max(1)) == u64::from(self.place)
    }
}

/// What a camera sends: all of it, or one simulcast layer.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// The layer's name, when there are several.
    pub(crate) rid: Option<&'static str>,
    pub(crate) trace: Arc<Trace>,
}

/// What a stream consists of.
#[derive(Debug)]
enum Content {
    Speech(Turns),
    Pictures(Playback),
}

/// Where a recording is.
#[derive(Debug)]
struct Playback {
    trace: Arc<Trace>,
    next: usize,
    picture: u16,
    begins_frame: bool,
    keyframe_wanted: bool,
}

/// A packet without its header.
struct Payload {
    marker: bool,
    level: Option<u8>,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Repair {
    ssrc: u32,
    sequence: u16,
    ring: VecDeque<(u16, Vec<u8>)>,
}

/// A stream on its way out. Its packets are made as plain RTP.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) ssrc: u32,
    pub(crate) mid: String,
    rid: Option<&'static str>,
    content: Content,
    repair: Option<Repair>,
    sequence: u16,
    /// Of the frame that is being sent, and of the moment in which the stream began.
    timestamp: u32,
    first_timestamp: u32,
    began: Duration,
    number: u32,
    /// When the next burst is due.
    pub(crate) due: Duration,
    pub(crate) packets: u32,
    pub(crate) octets: u32,
    random: fastrand::Rng,
}

impl Outgoing {
    /// A microphone.
    pub(crate) fn speech(mid: &str, turns: Turns) -> Self {
        Self::new(mid, Content::Speech(turns))
    }

    /// A camera, or one layer of it.
    pub(crate) fn pictures(mid: &str, layer: Layer) -> Self {
        let playback = Playback { trace: layer.trace, next: 0, picture: 0, begins_frame: true, keyframe_wanted: true };
        let mut stream = Self::new(mid, Content::Pictures(playback));
        stream.rid = layer.rid;
        let ring = VecDeque::with_capacity(RING);
        stream.repair = Some(Repair { ssrc: fastrand::u32(1..), sequence: fastrand::u16(..0x8000), ring });
        stream
    }

    fn new(mid: &str, content: Content) -> Self {
        let mut random = fastrand::Rng::new();
        let first_timestamp = random.u32(..);
        Self {
            ssrc: random.u32(1..),
            mid: mid.to_owned(),
            rid: None,
            content,
            repair: None,
            // The first half, so that no receiver mistakes a first lost packet for a new round (RFC 3711 §3.3.1).
            sequence: random.u16(..0x8000),
            timestamp: first_timestamp,
            first_timestamp,
            began: Duration::ZERO,
            number: 0,
            due: Duration::MAX,
            packets: 0,
            octets: 0,
            random,
        }
    }

    /// Sends from now on; or from somewhere within a frame's time, so that many cameras do not beat as one.
    pub(crate) fn begin(&mut self, now: Duration) {
        self.began = now + Duration::from_micros(self.random.u64(..33_000));
        self.due = self.began;
    }

    /// The SSRC of repetitions, where there are some.
    pub(crate) fn repair_ssrc(&self) -> Option<u32> {
        self.repair.as_ref().map(|repair| repair.ssrc)
    }

    /// The layer's name, where there are several.
    pub(crate) fn rid(&self) -> Option<&'static str> {
        self.rid
    }

    /// What it is heard or seen as.
    pub(crate) fn kind(&self) -> Kind {
        match self.content {
            Content::Speech(_) => Kind::Audio,
            Content::Pictures(_) => Kind::Video,
        }
    }

    /// RTP's clock, in ticks per second.
    fn clock_rate(&self) -> u32 {
        match self.content {
            Content::Speech(_) => 48_000,
            Content::Pictures(_) => 90_000,
        }
    }

    /// The timestamp of what is captured at this time.
    pub(crate) fn timestamp_at(&self, now: Duration) -> u32 {
        let passed = now.saturating_sub(self.began).as_micros() as u64;
        self.first_timestamp.wrapping_add((passed * u64::from(self.clock_rate()) / 1_000_000) as u32)
    }

    /// The next frame shall be one that a decoder can begin with.
    pub(crate) fn request_keyframe(&mut self) {
        if let Content::Pictures(playback) = &mut self.content {
            playback.keyframe_wanted = true;
        }
    }

    /// Makes the packets that are due now, and says when the next ones are.
    pub(crate) fn produce(&mut self, now: Duration, transport_number: &mut u16, out: &mut Vec<Vec<u8>>) {
        // A sender that was kept waiting goes on from now; it does not catch up in a flood that no browser sends.
        let begun = self.due.max(now.saturating_sub(SPEECH_INTERVAL * 5));
        if self.begins_frame() {
            self.timestamp = self.timestamp_at(begun);
        }
        let (pause, frames) = self.next_payloads(now);
        self.due = begun + pause;
        for Payload { marker, level, mut bytes } in frames {
            Mark { origin: self.ssrc, number: self.number, sent: now }.write(&mut bytes);
            self.number = self.number.wrapping_add(1);
            let fields = Fields {
                payload_type: self.payload_type(),
                marker,
                sequence: self.sequence,
                timestamp: self.timestamp,
                ssrc: self.ssrc,
            };
            let packet =
                self.packet(fields, level, self.rid.map(|rid| (extension::RID, rid)), transport_number, &bytes);
            self.packets += 1;
            self.octets = self.octets.wrapping_add(bytes.len() as u32);
            if let Some(repair) = &mut self.repair {
                if repair.ring.len() == RING {
                    repair.ring.pop_front();
                }
                repair.ring.push_back((self.sequence, bytes));
            }
            self.sequence = self.sequence.wrapping_add(1);
            out.push(packet);
        }
    }

    /// Makes a repetition (RFC 4588) of a packet, if it is still there.
    pub(crate) fn repeat(&mut self, sequence: u16, transport_number: &mut u16) -> Option<Vec<u8>> {
        let repair = self.repair.as_mut()?;
        let (_, payload) = repair.ring.iter().find(|(known, _)| *known == sequence)?;
        let mut repeated = Vec::with_capacity(payload.len() + 2);
        repeated.extend_from_slice(&sequence.to_be_bytes());
        repeated.extend_from_slice(payload);
        let fields = Fields {
            payload_type: payload_type::VP8_REPAIR,
            marker: false,
            sequence: repair.sequence,
            timestamp: self.timestamp,
            ssrc: repair.ssrc,
        };
        repair.sequence = repair.sequence.wrapping_add(1);
        let rid = self.rid.map(|rid| (extension::REPAIRED_RID, rid));
        Some(self.packet(fields, None, rid, transport_number, &repeated))
    }

    fn begins_frame(&self) -> bool {
        match &self.content {
            Content::Speech(_) => true,
            Content::Pictures(playback) => playback.begins_frame,
        }
    }

    fn payload_type(&self) -> u8 {
        match self.content {
            Content::Speech(_) => payload_type::OPUS,
            Content::Pictures(_) => payload_type::VP8,
        }
    }

    fn packet(
        &self,
        fields: Fields,
        level: Option<u8>,
        rid: Option<(u8, &str)>,
        transport_number: &mut u16,
        payload: &[u8],
    ) -> Vec<u8> {
        let number = transport_number.to_be_bytes();
        *transport_number = transport_number.wrapping_add(1);
        let level = level.map(|level| [level]);
        let mut extensions: Vec<(u8, &[u8])> =
            vec![(extension::TRANSPORT_NUMBER, &number), (extension::MID, self.mid.as_bytes())];
        extensions.extend(level.as_ref().map(|level| (extension::AUDIO_LEVEL, level.as_slice())));
        extensions.extend(rid.map(|(id, rid)| (id, rid.as_bytes())));
        let mut packet = Vec::with_capacity(payload.len() + 64);
        rtp::write(&mut packet, fields, &extensions);
        packet.extend_from_slice(payload);
        packet
    }

    /// What leaves together, and the pause after it.
    fn next_payloads(&mut self, now: Duration) -> (Duration, Vec<Payload>) {
        match &mut self.content {
            Content::Speech(turns) => {
                // The first bit says whether it is speech (RFC 6464 §3).
                let level = if turns.speaks(now) { 0x80 | LOUD } else { QUIET };
                let mut bytes = vec![0; self.random.usize(80..120)];
                // A configuration byte of Opus: hybrid, 20 ms, one frame (RFC 6716 §3.1).
                bytes[0] = 0x78;
                (SPEECH_INTERVAL, vec![Payload { marker: false, level: Some(level), bytes }])
            }
            Content::Pictures(playback) => playback.next_payloads(),
        }
    }
}

impl Playback {
    fn next_payloads(&mut self) -> (Duration, Vec<Payload>) {
        let bursts = &self.trace.bursts;
        if self.begins_frame && std::mem::take(&mut self.keyframe_wanted) {
            self.next = 0;
        }
        let Some(burst) = bursts.get(self.next) else {
            return (Duration::MAX, Vec::new());
        };
        let is_keyframe = !bursts[..self.next].iter().any(|burst| burst.ends_frame);
        let mut payloads: Vec<Payload> = Vec::with_capacity(burst.sizes.len());
        for size in &burst.sizes {
            let mut bytes = vec![0; *size];
            begin_vp8(&mut bytes, self.picture, std::mem::take(&mut self.begins_frame), is_keyframe);
            payloads.push(Payload { marker: false, level: None, bytes });
        }
        if burst.ends_frame {
            self.begins_frame = true;
            self.picture = (self.picture + 1) & 0x7fff;
            if let Some(last) = payloads.last_mut() {
                last.marker = true;
            }
        }
        self.next = (self.next + 1) % bursts.len();
        // The time of the first burst is the pause between two rounds.
        (bursts[self.next].after, payloads)
    }
}

/// A payload descriptor with a picture id of two bytes, as browsers write it, and the beginning of a frame behind it
/// (RFC 7741 §4.2 and §4.3).
fn begin_vp8(payload: &mut [u8], picture: u16, first: bool, keyframe: bool) {
    let Some(begin) = payload.first_chunk_mut::<14>() else {
        return;
    };
    let [high, low] = (picture | 0x8000).to_be_bytes();
    begin[..4].copy_from_slice(&[if first { 0x90 } else { 0x80 }, 0x80, high, low]);
    if first {
        begin[4] = u8::from(!keyframe) | 0x10;
        if keyframe {
            begin[7..14].copy_from_slice(&[0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::Header;
    use crate::trace::Quality;

    const START: Duration = Duration::from_secs(1_000);

    fn camera(rid: Option<&'static str>) -> Outgoing {
        let trace = Arc::new(Quality::High.trace().unwrap());
        let mut camera = Outgoing::pictures("1", Layer { rid, trace });
        camera.begin(START);
        camera
    }

    /// Everything that is sent until then, each with its time.
    fn sent(stream: &mut Outgoing, until: Duration) -> Vec<(Duration, Header, Vec<u8>)> {
        let (mut number, mut sent) = (0, Vec::new());
        while stream.due < until {
            let (now, mut packets) = (stream.due, Vec::new());
            stream.produce(now, &mut number, &mut packets);
            sent.extend(packets.into_iter().map(|packet| {
                let header = rtp::parse(&packet, extension::TRANSPORT_NUMBER).unwrap();
                (now, header, packet)
            }));
        }
        sent
    }

    fn starts_keyframe(header: &Header, packet: &[u8]) -> bool {
        packet[header.length] & 0x10 != 0 && packet[header.length + 4] & 1 == 0
    }

    #[test]
    fn numbers_go_on_without_gaps_over_the_end_of_the_recording() {
        let sent = sent(&mut camera(None), START + Duration::from_secs(25));
        assert!(sent.len() > 2_500);
        for pair in sent.windows(2) {
            assert_eq!(pair[1].1.sequence, pair[0].1.sequence.wrapping_add(1));
            assert_eq!(pair[1].1.transport_number, pair[0].1.transport_number.map(|number| number.wrapping_add(1)));
        }
        let marks: Vec<u32> = sent.iter().map(|(_, _, packet)| Mark::read(packet).unwrap().number).collect();
        assert!(marks.iter().enumerate().all(|(place, mark)| *mark == place as u32));
    }

    #[test]
    fn a_keyframe_comes_with_the_next_frame_after_it_was_asked_for() {
        let mut camera = camera(None);
        let first = sent(&mut camera, START + Duration::from_secs(1));
        let keyframes = first.iter().filter(|(_, header, packet)| starts_keyframe(header, packet)).count();
        assert_eq!(keyframes, 1, "only the first frame");
        camera.request_keyframe();
        let asked = camera.due;
        let next = sent(&mut camera, asked + Duration::from_millis(100));
        let keyframe = next.iter().find(|(_, header, packet)| starts_keyframe(header, packet)).unwrap();
        assert!(keyframe.0 < asked + Duration::from_millis(60));
    }

    #[test]
    fn a_microphone_speaks_only_in_its_turn() {
        let mut microphone = Outgoing::speech("0", Turns { place: 1, of: 2 });
        microphone.begin(START);
        let sent = sent(&mut microphone, START + TURN * 4);
        let loud =
            sent.iter().filter(|(_, _, packet)| packet.windows(2).any(|pair| pair == [0x10, 0x80 | LOUD])).count();
        assert!((599..=600).contains(&sent.len()), "50 a second, from somewhere within the first frame");
        assert!((290..310).contains(&loud), "{loud} of 600 are loud");
    }

    #[test]
    fn what_was_sent_lately_can_be_sent_again() {
        let mut camera = camera(Some("h"));
        let sent = sent(&mut camera, START + Duration::from_secs(3));
        let (_, last, packet) = sent.last().unwrap();
        let again = camera.repeat(last.sequence, &mut 0).unwrap();
        let header = rtp::parse(&again, extension::TRANSPORT_NUMBER).unwrap();
        assert_eq!((Some(header.ssrc), header.payload_type), (camera.repair_ssrc(), payload_type::VP8_REPAIR));
        assert_eq!(again[header.length..][..2], last.sequence.to_be_bytes());
        assert_eq!(again[header.length + 2..], packet[last.length..]);
        assert_eq!(camera.repeat(sent[0].1.sequence, &mut 0), None, "too long ago");
    }
}
