//! Just enough of VP9's RTP payload (RFC 9628) to see where a keyframe begins.

/// Whether this RTP payload is the first packet of a picture that refers to no other.
///
/// A decoder can begin here and nowhere else. Anything malformed is not a beginning.
pub(crate) fn starts_keyframe(payload: &[u8]) -> bool {
    is_beginning(payload).unwrap_or(false)
}

/// The descriptor's bits are I P L F B E V Z (RFC 9628 §4.2). P says that the picture refers to others, B that a frame
/// begins; of the frames of one picture, one per spatial layer, only the lowest is a beginning.
fn is_beginning(payload: &[u8]) -> Option<bool> {
    let (first, mut rest) = payload.split_first()?;
    let (predicted, begins) = (first & 0x40 != 0, first & 0x08 != 0);
    if first & 0x80 != 0 {
        // The picture id takes one byte, or two when its first bit is set.
        let (picture, after) = rest.split_first()?;
        rest = if picture & 0x80 != 0 { after.get(1..)? } else { after };
    }
    let mut lowest = true;
    if first & 0x20 != 0 {
        let (layer, after) = rest.split_first()?;
        lowest = layer & 0x0e == 0;
        // Without flexible mode a byte of TL0PICIDX follows.
        rest = if first & 0x10 == 0 { after.get(1..)? } else { after };
    }
    Some(begins && !predicted && lowest && !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_keyframes_behind_every_descriptor() {
        assert!(starts_keyframe(&[0x08, 0x82]));
        assert!(starts_keyframe(&[0x88, 0x01, 0x82]), "one-byte picture id");
        assert!(starts_keyframe(&[0x8a, 0x81, 0x02, 0x18, 0x02, 0x7f, 0x82]), "two-byte picture id, scalability data");
        assert!(starts_keyframe(&[0xa8, 0x81, 0x02, 0x00, 0x05, 0x82]), "layers, TL0PICIDX");
        assert!(starts_keyframe(&[0xb8, 0x81, 0x02, 0x00, 0x82]), "layers in flexible mode");
    }

    #[test]
    fn sees_nothing_else_as_a_keyframe() {
        assert!(!starts_keyframe(&[0x48, 0x86]), "a predicted picture");
        assert!(!starts_keyframe(&[0x00, 0x82]), "a later packet of the keyframe");
        assert!(!starts_keyframe(&[0x84, 0x81, 0x02, 0x82]), "its last packet");
        assert!(!starts_keyframe(&[0xa8, 0x81, 0x02, 0x02, 0x05, 0x82]), "its second spatial layer");
    }

    #[test]
    fn truncation_is_never_a_keyframe() {
        let whole = [0xa8, 0x81, 0x02, 0x00, 0x05, 0x82];
        assert!(starts_keyframe(&whole));
        for length in 0..whole.len() {
            assert!(!starts_keyframe(&whole[..length]), "{length} bytes");
        }
    }
}
