//! Just enough of AV1's RTP payload (RTP Payload Format For AV1, §4.4) to see where a coded video sequence begins.

/// Whether this RTP payload is the first packet of a coded video sequence: it has a sequence header and a keyframe.
///
/// A decoder can begin here and nowhere else. Anything malformed is not a beginning.
pub(crate) fn starts_keyframe(payload: &[u8]) -> bool {
    // The aggregation header's bits are Z Y W W N and three that are reserved. N says that a sequence begins, and Z that the
    // first piece goes on from the packet before, which a beginning cannot.
    payload.len() > 1 && payload[0] & 0x88 == 0x08
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_begins_where_the_header_says_so() {
        assert!(starts_keyframe(&[0x08, 0x0a]));
        assert!(starts_keyframe(&[0x68, 0x0a]), "two pieces, the last of which goes on in the next packet");
        assert!(!starts_keyframe(&[0x10, 0x32]), "a frame within the sequence");
        assert!(!starts_keyframe(&[0x90, 0x32]), "a later packet of the keyframe");
        assert!(!starts_keyframe(&[0x88, 0x0a]), "a sequence that begins in the middle of a piece");
        assert!(!starts_keyframe(&[0x08]) && !starts_keyframe(&[]), "nothing follows");
    }
}
