//! Just enough of VP8's RTP payload (RFC 7741) to see where a keyframe begins.

/// Whether this RTP payload is the first packet of a keyframe.
///
/// A decoder can begin here and nowhere else. Anything malformed is not a beginning.
pub(crate) fn starts_keyframe(payload: &[u8]) -> bool {
    header_offset(payload).and_then(|offset| payload.get(offset)).is_some_and(|first| first & 0x01 == 0)
}

/// Width and height of the picture, if this is the first packet of a keyframe (RFC 6386 §9.1).
pub(crate) fn keyframe_size(payload: &[u8]) -> Option<(u16, u16)> {
    let header = payload.get(header_offset(payload)?..)?;
    match *header {
        [tag, _, _, 0x9d, 0x01, 0x2a, a, b, c, d, ..] if tag & 0x01 == 0 => {
            // Two bits above each say how to scale it for display, which nobody does.
            Some((u16::from_le_bytes([a, b]) & 0x3fff, u16::from_le_bytes([c, d]) & 0x3fff))
        }
        _ => None,
    }
}

/// Where the VP8 payload header is, if this packet is the first of a frame (only that one has the header).
fn header_offset(payload: &[u8]) -> Option<usize> {
    let first = *payload.first()?;
    let starts_frame = first & 0x10 != 0 && first & 0x07 == 0;
    if !starts_frame {
        return None;
    }
    let mut offset = 1;
    if first & 0x80 != 0 {
        let extensions = *payload.get(offset)?;
        offset += 1;
        if extensions & 0x80 != 0 {
            // The picture id takes one byte, or two when its first bit is set.
            offset += if payload.get(offset)? & 0x80 != 0 { 2 } else { 1 };
        }
        if extensions & 0x40 != 0 {
            offset += 1;
        }
        if extensions & 0x30 != 0 {
            offset += 1;
        }
    }
    Some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_size_from_a_keyframe_only() {
        let keyframe = [0x10, 0x50, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0x01, 0xff];
        assert_eq!(keyframe_size(&keyframe), Some((640, 360)));
        assert_eq!(keyframe_size(&[0x10, 0x51, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0x01]), None);
        for length in 0..11 {
            assert_eq!(keyframe_size(&keyframe[..length]), None, "{length} bytes");
        }
    }

    #[test]
    fn sees_keyframes_behind_every_descriptor() {
        assert!(starts_keyframe(&[0x10, 0x50]));
        assert!(!starts_keyframe(&[0x10, 0x51]), "the P bit says interframe");
        assert!(!starts_keyframe(&[0x00, 0x50]), "a continuation");
        assert!(!starts_keyframe(&[0x11, 0x50]), "the second partition");
        assert!(starts_keyframe(&[0x90, 0x80, 0x81, 0x02, 0x50]), "two-byte picture id");
        assert!(starts_keyframe(&[0x90, 0xe0, 0x01, 0x02, 0x03, 0x50]), "picture id, TL0PICIDX, TID");
        assert!(starts_keyframe(&[0x90, 0x10, 0x03, 0x50]), "KEYIDX alone");
    }

    #[test]
    fn truncation_is_never_a_keyframe() {
        let whole = [0x90, 0xf0, 0x81, 0x02, 0x03, 0x04, 0x50];
        assert!(starts_keyframe(&whole));
        for length in 0..whole.len() {
            assert!(!starts_keyframe(&whole[..length]));
        }
    }
}
