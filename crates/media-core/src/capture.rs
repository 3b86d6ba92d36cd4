//! Packet captures: the datagrams of a room as they were on the wire, in pcap's classic format.
//!
//! SRTP stays encrypted, but its headers tell most of what goes wrong: who sent what, when, in which order. Unless the
//! payloads are asked for, only headers are kept: of RTP with its extensions, of all else nothing but what it is.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::command::{CommandError, ErrorCode};
use crate::outbox::Class;

/// The longest capture in seconds. What goes wrong goes wrong within minutes, and a forgotten capture fills no disk.
pub const MAX_CAPTURE_SECONDS: u32 = 600;

/// The largest file in bytes; beyond it the capture ends. Headers of 100 calls for a minute, or one call whole.
pub const MAX_CAPTURE_BYTES: u64 = 100 * 1024 * 1024;

/// Files begin with this: classic pcap, microseconds, version 2.4, packets that begin with their IP header (`LINKTYPE_RAW`,
/// 101), little endian.
const FILE_HEADER: [u8; 24] =
    [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 101, 0, 0, 0];

/// What is kept of STUN, DTLS and RTCP: less than four bytes more than their type and length.
const CONTROL_BYTES: usize = 4;

const UDP: u8 = 17;
const UDP_HEADER: usize = 8;

/// Where a capture is written to. Dropping it ends the file.
pub trait CaptureFile {
    /// Takes a piece of the file, at once; false if it had to be left out.
    fn write(&mut self, piece: Vec<u8>) -> bool;
}

/// How captures are opened, given by the process; the core does no I/O.
pub type OpenCapture = fn(&str) -> io::Result<Box<dyn CaptureFile>>;

/// A capture that is being made.
pub(crate) struct Capture {
    file: Box<dyn CaptureFile>,
    payloads: bool,
    began: Instant,
    /// The same moment for people.
    began_at: SystemTime,
    pub(crate) ends: Instant,
    bytes: u64,
    pub(crate) packets: u64,
    pub(crate) left_out: u64,
}

impl Capture {
    pub(crate) fn open(
        open: OpenCapture,
        path: &str,
        payloads: bool,
        seconds: u32,
        now: Instant,
        wallclock: SystemTime,
    ) -> Result<Self, CommandError> {
        let invalid = |message: String| CommandError::new(ErrorCode::CommandInvalid, message);
        if !(1..=MAX_CAPTURE_SECONDS).contains(&seconds) {
            return Err(invalid(format!("a capture lasts 1 to {MAX_CAPTURE_SECONDS} seconds")));
        }
        let mut file = open(path).map_err(|error| invalid(format!("the file cannot be made: {}", error.kind())))?;
        file.write(FILE_HEADER.to_vec());
        let ends = now + Duration::from_secs(u64::from(seconds));
        let bytes = FILE_HEADER.len() as u64;
        Ok(Self { file, payloads, began: now, began_at: wallclock, ends, bytes, packets: 0, left_out: 0 })
    }

    /// Notes a datagram. False when the file is full.
    pub(crate) fn note(&mut self, source: SocketAddr, destination: SocketAddr, contents: &[u8], now: Instant) -> bool {
        let kept = if self.payloads { contents.len() } else { header_length(contents) };
        let time = self.began_at + now.saturating_duration_since(self.began);
        let record = record(time, source, destination, contents, kept);
        if self.bytes + record.len() as u64 > MAX_CAPTURE_BYTES {
            return false;
        }
        self.bytes += record.len() as u64;
        if self.file.write(record) {
            self.packets += 1;
        } else {
            self.left_out += 1;
        }
        true
    }
}

/// How many bytes of a datagram are no payload.
fn header_length(contents: &[u8]) -> usize {
    let length = match Class::of(contents, |_| None) {
        Class::Control => CONTROL_BYTES,
        _ => rtp_header_length(contents),
    };
    length.min(contents.len())
}

/// RFC 3550 §5.1: 12 bytes, 4 for each CSRC, then an extension of the length that it says.
fn rtp_header_length(contents: &[u8]) -> usize {
    let first = contents.first().copied().unwrap_or_default();
    let fixed = 12 + 4 * usize::from(first & 0x0f);
    let extension = contents.get(fixed + 2..fixed + 4).filter(|_| first & 0x10 != 0);
    fixed + extension.map_or(0, |length| 4 + 4 * usize::from(u16::from_be_bytes([length[0], length[1]])))
}

/// A packet in the file: its time, both lengths, and an IP and a UDP header before what is kept of it.
fn record(time: SystemTime, source: SocketAddr, destination: SocketAddr, contents: &[u8], kept: usize) -> Vec<u8> {
    let udp_length = UDP_HEADER + contents.len();
    let mut packet = match (source.ip(), destination.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let total = clamp(20 + udp_length);
            let mut header = vec![0x45, 0, total[0], total[1], 0, 0, 0x40, 0, 64, UDP, 0, 0];
            header.extend(from.octets());
            header.extend(to.octets());
            let checksum = checksum(&header).to_be_bytes();
            header[10..12].copy_from_slice(&checksum);
            header
        }
        (from, to) => {
            let length = clamp(udp_length);
            let mut header = vec![0x60, 0, 0, 0, length[0], length[1], UDP, 64];
            for ip in [from, to] {
                header.extend(match ip {
                    IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
                    IpAddr::V6(ip) => ip.octets(),
                });
            }
            header
        }
    };
    packet.extend(source.port().to_be_bytes());
    packet.extend(destination.port().to_be_bytes());
    packet.extend(clamp(udp_length));
    // No checksum; that of the whole datagram would be wrong for what is kept of it.
    packet.extend([0, 0]);
    let length = packet.len() + contents.len();
    packet.extend(&contents[..kept.min(contents.len())]);

    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut record = Vec::with_capacity(16 + packet.len());
    for field in [since.as_secs() as u32, since.subsec_micros(), packet.len() as u32, length as u32] {
        record.extend(field.to_le_bytes());
    }
    record.extend(packet);
    record
}

fn clamp(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}

/// RFC 1071.
fn checksum(header: &[u8]) -> u16 {
    let words = header.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)));
    let sum: u32 = words.sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    !((sum & 0xffff) + (sum >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_are_kept_unless_payloads_are_asked_for() {
        let mut rtp = vec![0x92, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        rtp.extend([0; 8]); // two CSRCs
        rtp.extend([0xbe, 0xde, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]); // two words of extensions
        let header = rtp.len();
        rtp.extend([0xaa; 1000]);
        assert_eq!(header_length(&rtp), header);
        rtp[0] = 0x82;
        assert_eq!(header_length(&rtp), 20, "without the bit there is no extension");
        assert_eq!(header_length(&[0x90, 96, 0, 1]), 4, "no more than there is");
        assert_eq!(header_length(&[0x80, 200, 0, 6, 1, 2, 3, 4]), CONTROL_BYTES);
        assert_eq!(header_length(&[22, 254, 253, 0, 0, 0]), CONTROL_BYTES);
        assert_eq!(header_length(&[]), 0);
    }

    #[test]
    fn every_beginning_of_every_length_has_a_header_that_fits() {
        for length in 0..60 {
            for first in 0..=255 {
                let mut contents = vec![0xff; length];
                contents.iter_mut().take(1).for_each(|byte| *byte = first);
                assert!(header_length(&contents) <= length);
            }
        }
    }

    #[test]
    fn a_record_says_how_long_the_packet_was_and_has_what_is_kept() {
        let time = UNIX_EPOCH + Duration::from_micros(7_000_042);
        let (source, destination) = (([192, 0, 2, 1], 5000).into(), ([192, 0, 2, 2], 6000).into());
        let record = record(time, source, destination, &[0xab; 100], 12);
        let field = |place: usize| u32::from_le_bytes(record[place..place + 4].try_into().unwrap());
        assert_eq!([field(0), field(4), field(8), field(12)], [7, 42, 40, 128]);
        let packet = &record[16..];
        assert_eq!(packet.len(), 40);
        assert_eq!(packet[..4], [0x45, 0, 0, 128]);
        assert_eq!(checksum(&packet[..20]), 0, "a header with its checksum adds up to nothing");
        assert_eq!(packet[12..24], [192, 0, 2, 1, 192, 0, 2, 2, 0x13, 0x88, 0x17, 0x70]);
        assert_eq!(packet[24..28], [0, 108, 0, 0]);
        assert_eq!(packet[28..], [0xab; 12]);
    }

    #[test]
    fn ipv6_has_its_own_header() {
        let record = record(UNIX_EPOCH, "[::1]:1".parse().unwrap(), "[::2]:2".parse().unwrap(), &[0xab; 100], 100);
        assert_eq!(record.len(), 16 + 40 + 8 + 100);
        assert_eq!(record[16..24], [0x60, 0, 0, 0, 0, 108, 17, 64]);
    }
}
