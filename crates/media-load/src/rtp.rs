//! RTP headers: read where they lie, and written with the extensions that a browser sends (RFC 3550 §5.1, RFC 8285 §4.2).

/// The header extensions of the offer, by the numbers that it gives them.
pub(crate) mod extension {
    /// How loud the packet is (RFC 6464).
    pub(crate) const AUDIO_LEVEL: u8 = 1;
    /// The transport-wide number of the packet.
    pub(crate) const TRANSPORT_NUMBER: u8 = 3;
    /// The m-line that the packet belongs to (RFC 8843 §15).
    pub(crate) const MID: u8 = 4;
    /// The simulcast layer (RFC 8852).
    pub(crate) const RID: u8 = 10;
    /// The simulcast layer of a repetition.
    pub(crate) const REPAIRED_RID: u8 = 11;
}

/// What is read of a packet that arrived; all of it is in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) payload_type: u8,
    /// The first contributing source, if there is one.
    pub(crate) csrc: Option<u32>,
    /// The transport-wide number, if there is one.
    pub(crate) transport_number: Option<u16>,
    /// Where the payload begins.
    pub(crate) length: usize,
}

/// Reads a header. None for what is too short to be RTP.
pub(crate) fn parse(packet: &[u8], transport_number: u8) -> Option<Header> {
    let fixed = packet.first_chunk::<12>()?;
    let word = |at: usize| packet.get(at..at + 4)?.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes));
    let csrc_count = usize::from(fixed[0] & 0x0f);
    let mut header = Header {
        ssrc: word(8)?,
        sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
        payload_type: fixed[1] & 0x7f,
        csrc: None,
        transport_number: None,
        length: 12 + 4 * csrc_count,
    };
    if csrc_count > 0 {
        header.csrc = Some(word(12)?);
    }
    if fixed[0] & 0x10 != 0 {
        let profile_and_length = word(header.length)?;
        let length = 4 * (profile_and_length & 0xffff) as usize;
        let extensions = packet.get(header.length + 4..header.length + 4 + length)?;
        if profile_and_length >> 16 == 0xbede {
            header.transport_number = one_byte_extension(extensions, transport_number)
                .and_then(|value| value.first_chunk::<2>())
                .map(|bytes| u16::from_be_bytes(*bytes));
        }
        header.length += 4 + length;
    }
    Some(header)
}

fn one_byte_extension(mut extensions: &[u8], wanted: u8) -> Option<&[u8]> {
    while let Some((first, rest)) = extensions.split_first() {
        let (id, length) = (first >> 4, usize::from(first & 0x0f) + 1);
        if id == 0 {
            extensions = rest;
            continue;
        }
        let value = rest.get(..length)?;
        if id == wanted {
            return Some(value);
        }
        extensions = &rest[length..];
    }
    None
}

/// The changing parts of a header that is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) payload_type: u8,
    pub(crate) marker: bool,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
}

/// Writes a header with these extensions (id, value of 1 to 16 bytes) at the end of a packet that is being built.
pub(crate) fn write(packet: &mut Vec<u8>, fields: Fields, extensions: &[(u8, &[u8])]) {
    let has_extensions = if extensions.is_empty() { 0x80 } else { 0x90 };
    packet.extend_from_slice(&[has_extensions, u8::from(fields.marker) << 7 | fields.payload_type]);
    packet.extend_from_slice(&fields.sequence.to_be_bytes());
    packet.extend_from_slice(&fields.timestamp.to_be_bytes());
    packet.extend_from_slice(&fields.ssrc.to_be_bytes());
    if extensions.is_empty() {
        return;
    }
    let length: usize = extensions.iter().map(|(_, value)| 1 + value.len()).sum();
    let words = length.div_ceil(4);
    packet.extend_from_slice(&[0xbe, 0xde]);
    packet.extend_from_slice(&(words as u16).to_be_bytes());
    for (id, value) in extensions {
        packet.push(id << 4 | (value.len() as u8).wrapping_sub(1));
        packet.extend_from_slice(value);
    }
    packet.resize(packet.len() + words * 4 - length, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: Fields = Fields { payload_type: 96, marker: true, sequence: 7, timestamp: 9, ssrc: 0x0102_0304 };

    #[test]
    fn what_is_written_is_read() {
        let mut packet = Vec::new();
        let extensions: [(u8, &[u8]); 2] = [(extension::MID, b"1"), (extension::TRANSPORT_NUMBER, &[0x12, 0x34])];
        write(&mut packet, FIELDS, &extensions);
        packet.extend_from_slice(b"payload");
        let header = parse(&packet, extension::TRANSPORT_NUMBER).unwrap();
        assert_eq!((header.ssrc, header.sequence, header.payload_type), (FIELDS.ssrc, 7, 96));
        assert_eq!((header.transport_number, header.csrc), (Some(0x1234), None));
        assert_eq!(&packet[header.length..], b"payload");
        assert_eq!(parse(&packet, extension::AUDIO_LEVEL).unwrap().transport_number, None);
    }

    #[test]
    fn a_contributing_source_is_read_and_the_payload_begins_behind_it() {
        let mut packet = Vec::new();
        write(&mut packet, FIELDS, &[]);
        packet[0] |= 1;
        packet.extend_from_slice(&[0, 0, 0, 42, 0xaa]);
        let header = parse(&packet, extension::TRANSPORT_NUMBER).unwrap();
        assert_eq!((header.csrc, header.length), (Some(42), 16));
    }

    #[test]
    fn what_is_cut_off_is_no_header() {
        let mut packet = Vec::new();
        write(&mut packet, FIELDS, &[(extension::MID, b"1")]);
        for length in 0..packet.len() {
            assert_eq!(parse(&packet[..length], 3), None, "{length} bytes");
        }
    }
}
