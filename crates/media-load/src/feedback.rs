//! What a participant says about what it receives: receiver reports, sender reports, and transport-wide arrival times,
//! without which the server would not know what the line carries.

use std::time::Duration;

use anyhow::{Context, Result};
use bytes::{Bytes, BytesMut};
use rtc_rtcp::Packet;
use rtc_rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, RecvDelta, StatusChunkTypeTcc, StatusVectorChunk, SymbolSizeTypeTcc, SymbolTypeTcc,
    TransportLayerCc,
};
use rtc_rtcp::transport_feedbacks::transport_layer_nack::{NackPair, TransportLayerNack};

/// How often arrival times are told, as in browsers.
pub(crate) const ARRIVALS_INTERVAL: Duration = Duration::from_millis(100);

/// How often receiver and sender reports go out, as browsers' for video.
pub(crate) const REPORTS_INTERVAL: Duration = Duration::from_secs(1);

/// Reception reports that fit into one receiver report (RFC 3550 §6.4.1).
const MAX_REPORTS: usize = 31;

/// The unit of a reference time and of a delta in transport-wide feedback, in microseconds.
const REFERENCE_UNIT: u64 = 64_000;
const DELTA_UNIT: i64 = 250;

/// How many packets one transport-wide feedback may speak of; more would not fit into a datagram.
const MAX_SPAN: u16 = 400;

/// How many symbols of two bits a status vector holds.
const SYMBOLS: usize = 7;

/// Seconds from 1900, where NTP begins, to 1970.
const NTP_OFFSET: u64 = 2_208_988_800;

/// When packets arrived, by their transport-wide numbers.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    waiting: Vec<(u16, Duration)>,
    /// The number after the last one that was told.
    next: Option<u16>,
    count: u8,
}

impl Arrivals {
    /// Notes a packet.
    pub(crate) fn note(&mut self, number: u16, at: Duration) {
        self.waiting.push((number, at));
    }

    /// What is to be told, if anything has come.
    pub(crate) fn feedback(&mut self, sender_ssrc: u32, media_ssrc: u32) -> Option<TransportLayerCc> {
        let base = self.next.or(self.waiting.first().map(|(number, _)| *number))?;
        let mut arrived: Vec<(u16, Duration)> = std::mem::take(&mut self.waiting)
            .into_iter()
            .map(|(number, at)| (number.wrapping_sub(base), at))
            // What comes after its time was told is of no use to the estimate.
            .filter(|(place, _)| *place < 0x8000)
            .collect();
        arrived.sort_unstable_by_key(|(place, _)| *place);
        arrived.dedup_by_key(|(place, _)| *place);
        let last = arrived.last()?.0;
        let base = if last >= MAX_SPAN {
            // So much is missing that only the end is told.
            let skipped = last + 1 - MAX_SPAN;
            arrived.retain(|(place, _)| *place >= skipped);
            for (place, _) in &mut arrived {
                *place -= skipped;
            }
            base.wrapping_add(skipped)
        } else {
            base
        };
        let span = arrived.last()?.0 + 1;
        self.next = Some(base.wrapping_add(span));

        let earliest = arrived.iter().map(|(_, at)| at.as_micros() as u64).min()?;
        let reference = earliest / REFERENCE_UNIT;
        let mut before = (reference * REFERENCE_UNIT).cast_signed();
        let mut symbols = vec![SymbolTypeTcc::PacketNotReceived; usize::from(span)];
        let mut recv_deltas = Vec::with_capacity(arrived.len());
        for (place, at) in arrived {
            let delta = ((at.as_micros() as i64 - before) / DELTA_UNIT).clamp(-0x8000, 0x7fff);
            before += delta * DELTA_UNIT;
            let symbol = if (0..256).contains(&delta) {
                SymbolTypeTcc::PacketReceivedSmallDelta
            } else {
                SymbolTypeTcc::PacketReceivedLargeDelta
            };
            symbols[usize::from(place)] = symbol;
            recv_deltas.push(RecvDelta { type_tcc_packet: symbol, delta: delta * DELTA_UNIT });
        }
        let packet_chunks = symbols.chunks(SYMBOLS).map(chunk).collect();
        self.count = self.count.wrapping_add(1);
        Some(TransportLayerCc {
            sender_ssrc,
            media_ssrc,
            base_sequence_number: base,
            packet_status_count: span,
            reference_time: (reference & 0xff_ffff) as u32,
            fb_pkt_count: self.count.wrapping_sub(1),
            packet_chunks,
            recv_deltas,
        })
    }
}

fn chunk(symbols: &[SymbolTypeTcc]) -> PacketStatusChunk {
    let mut symbol_list = symbols.to_vec();
    symbol_list.resize(SYMBOLS, SymbolTypeTcc::PacketNotReceived);
    PacketStatusChunk::StatusVectorChunk(StatusVectorChunk {
        type_tcc: StatusChunkTypeTcc::StatusVectorChunk,
        symbol_size: SymbolSizeTypeTcc::TwoBit,
        symbol_list,
    })
}

/// What has come of a slot (RFC 3550 §6.4.1, A.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received {
    /// The newest extended number.
    pub(crate) newest: u32,
    /// How many are missing, ever.
    pub(crate) lost: u32,
    /// What share is missing of those since the last report, of 256.
    pub(crate) fraction: u8,
}

/// Receiver reports about all slots, by their SSRCs.
pub(crate) fn receiver_reports(ssrc: u32, slots: &[(u32, Received)]) -> Vec<Box<dyn Packet>> {
    let report = |(slot, received): &(u32, Received)| ReceptionReport {
        ssrc: *slot,
        fraction_lost: received.fraction,
        total_lost: received.lost.min(0x7f_ffff),
        last_sequence_number: received.newest,
        ..ReceptionReport::default()
    };
    let packet = |slots: &[(u32, Received)]| -> Box<dyn Packet> {
        let reports = slots.iter().map(report).collect();
        Box::new(ReceiverReport { ssrc, reports, profile_extensions: Bytes::new() })
    };
    slots.chunks(MAX_REPORTS).map(packet).collect()
}

/// A sender report: this timestamp is now.
pub(crate) fn sender_report(ssrc: u32, timestamp: u32, packets: u32, octets: u32, now: Duration) -> SenderReport {
    let fraction = (u64::from(now.subsec_nanos()) << 32) / 1_000_000_000;
    SenderReport {
        ssrc,
        ntp_time: (now.as_secs() + NTP_OFFSET) << 32 | fraction,
        rtp_time: timestamp,
        packet_count: packets,
        octet_count: octets,
        ..SenderReport::default()
    }
}

/// Packets in the order in which they go into one datagram.
pub(crate) fn compound(packets: &[Box<dyn Packet>]) -> Result<BytesMut> {
    rtc_rtcp::packet::marshal(packets).context("RTCP cannot be written")
}

/// What the server wants of a publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A keyframe of this stream.
    Keyframe(u32),
    /// These packets of this stream again.
    Again(u32, Vec<u16>),
}

/// Reads what the server wants; what it only tells is passed over.
pub(crate) fn wanted(mut datagram: &[u8]) -> Vec<Wanted> {
    let packets = rtc_rtcp::packet::unmarshal(&mut datagram).unwrap_or_default();
    let mut wanted = Vec::new();
    for packet in packets {
        let packet = packet.as_any();
        if let Some(request) = packet.downcast_ref::<PictureLossIndication>() {
            wanted.push(Wanted::Keyframe(request.media_ssrc));
        } else if let Some(request) = packet.downcast_ref::<FullIntraRequest>() {
            wanted.extend(request.fir.iter().map(|entry| Wanted::Keyframe(entry.ssrc)));
        } else if let Some(request) = packet.downcast_ref::<TransportLayerNack>() {
            let numbers = request.nacks.iter().flat_map(NackPair::packet_list).collect();
            wanted.push(Wanted::Again(request.media_ssrc, numbers));
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(1_000_000 + milliseconds)
    }

    /// Which of the numbers a feedback speaks of have arrived, and when in milliseconds after the first of them.
    fn read(feedback: &TransportLayerCc) -> Vec<(u16, i64)> {
        let mut deltas = feedback.recv_deltas.iter();
        let mut at = i64::from(feedback.reference_time) * 64_000;
        let mut arrived = Vec::new();
        let symbols = feedback.packet_chunks.iter().flat_map(|chunk| match chunk {
            PacketStatusChunk::StatusVectorChunk(vector) => vector.symbol_list.clone(),
            PacketStatusChunk::RunLengthChunk(_) => Vec::new(),
        });
        for (place, symbol) in symbols.take(usize::from(feedback.packet_status_count)).enumerate() {
            if symbol != SymbolTypeTcc::PacketNotReceived {
                at += deltas.next().unwrap().delta;
                arrived.push((feedback.base_sequence_number.wrapping_add(place as u16), at / 1000 - 1_000_000));
            }
        }
        arrived
    }

    #[test]
    fn arrivals_are_told_once_with_gaps_and_in_the_order_of_their_numbers() {
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.feedback(1, 2), None);
        for (number, at) in [(65_534, 0), (65_535, 5), (1, 100), (0, 101)] {
            arrivals.note(number, ms(at));
        }
        let feedback = arrivals.feedback(1, 2).unwrap();
        assert_eq!(read(&feedback), [(65_534, 0), (65_535, 5), (0, 101), (1, 100)]);
        assert_eq!(arrivals.feedback(1, 2), None);
        arrivals.note(1, ms(130));
        arrivals.note(4, ms(131));
        let feedback = arrivals.feedback(1, 2).unwrap();
        assert_eq!((feedback.base_sequence_number, feedback.packet_status_count), (2, 3));
        assert_eq!(read(&feedback), [(4, 131)]);
    }

    #[test]
    fn after_a_long_gap_only_the_end_is_told() {
        let mut arrivals = Arrivals::default();
        arrivals.note(0, ms(0));
        arrivals.feedback(1, 2);
        arrivals.note(9_000, ms(1));
        let feedback = arrivals.feedback(1, 2).unwrap();
        assert_eq!(feedback.packet_status_count, MAX_SPAN);
        assert_eq!(read(&feedback), [(9_000, 1)]);
    }

    #[test]
    fn what_the_server_wants_is_read_from_compound_packets() {
        let nack = TransportLayerNack {
            sender_ssrc: 1,
            media_ssrc: 7,
            nacks: vec![NackPair { packet_id: 10, lost_packets: 0b101 }],
        };
        let packets: Vec<Box<dyn Packet>> = vec![
            Box::new(ReceiverReport::default()),
            Box::new(PictureLossIndication { sender_ssrc: 1, media_ssrc: 9 }),
            Box::new(nack),
        ];
        let datagram = compound(&packets).unwrap();
        assert_eq!(wanted(&datagram), [Wanted::Keyframe(9), Wanted::Again(7, vec![10, 11, 13])]);
        assert_eq!(wanted(&datagram[..5]), []);
    }
}
