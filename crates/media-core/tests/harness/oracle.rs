//! What must be true of what a client received.

use std::time::Duration;

use str0m::media::Mid;

use super::Client;
use super::client::{KEYFRAME_AV1, KEYFRAME_H264, KEYFRAME_VP8, KEYFRAME_VP9, Received, Sent};

/// Packets sent in this last time may still be on their way, or lost without anything after them to show it.
pub const TAIL: Duration = Duration::from_secs(2);

/// A slot that showed one publication: everything that was sent from its beginning on, in order, once, and unchanged.
/// `missing` is the share of packets that may be lost for good (a repetition is asked for five times at most).
pub fn complete(receiver: &Client, slot: Mid, sent: &[Sent], number: u32, missing: f64) -> Result<usize, String> {
    let mut received = receiver.in_order(slot);
    for packet in &mut received {
        packet.payload = receiver.without_repeats(packet);
    }
    let what = format!("{} slot {slot} publication {number}", receiver.name);
    let first = received.first().ok_or(format!("{what}: nothing arrived"))?;
    if received.iter().any(|packet| packet.csrc != [number]) {
        return Err(format!("{what}: a packet has another CSRC"));
    }
    if let Some(pair) = received.windows(2).find(|pair| pair[0].sequence == pair[1].sequence) {
        return Err(format!("{what}: number {} arrived twice", pair[0].sequence));
    }
    let begin = index(first);
    for packet in &received {
        // Numbers and payloads go up together, so a gap in one is a gap in the other.
        let place = begin + (packet.sequence - first.sequence) as usize;
        if sent.get(place).is_none_or(|sent| sent.payload != packet.payload) {
            return Err(format!("{what}: number {} is not packet {place} as it was sent", packet.sequence));
        }
    }
    let end = sent.last().map(|last| last.at).ok_or("nothing was sent")?;
    let due = sent.iter().skip(begin).filter(|packet| packet.at + TAIL < end).count();
    let came = received.iter().filter(|packet| sent[index(packet)].at + TAIL < end).count();
    if ((due - came) as f64) > missing * due as f64 {
        return Err(format!("{what}: {came} of {due} packets arrived"));
    }
    Ok(came)
}

/// A slot that showed video: it began with a keyframe, or at most `slack` packets after the beginning of one.
pub fn begins_with_keyframe(received: &[Received], sent: &[Sent], slack: usize) -> Result<(), String> {
    let first = index(received.first().ok_or("nothing arrived")?);
    if sent[first.saturating_sub(slack)..=first].iter().any(|packet| starts_keyframe(&packet.payload)) {
        Ok(())
    } else {
        Err(format!("began with packet {first}, which is not near a keyframe"))
    }
}

/// Whether this is the first packet of a keyframe.
pub fn starts_keyframe(payload: &[u8]) -> bool {
    [KEYFRAME_VP8, KEYFRAME_VP9, KEYFRAME_H264, KEYFRAME_AV1].contains(&(payload[0], payload[1]))
}

/// The place of a packet among those its publication sent.
pub fn index(packet: &Received) -> usize {
    u32::from_be_bytes(packet.payload[3..7].try_into().unwrap()) as usize
}

/// Which client a packet is from.
pub fn publisher(packet: &Received) -> u8 {
    packet.payload[2]
}

/// The blocks of a packet of RED (RFC 2198), the latest first: payload type and contents.
pub fn blocks(packet: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut headers = vec![];
    let mut place = 0;
    while packet[place] & 0x80 != 0 {
        let length = usize::from(u16::from_be_bytes([packet[place + 2] & 3, packet[place + 3]]));
        headers.push((packet[place] & 0x7f, length));
        place += 4;
    }
    let primary = packet[place];
    let mut rest = &packet[place + 1..];
    let mut blocks = vec![];
    for (payload_type, length) in headers {
        let (block, after) = rest.split_at(length);
        blocks.push((payload_type, block.to_vec()));
        rest = after;
    }
    blocks.push((primary, rest.to_vec()));
    blocks.reverse();
    blocks
}
