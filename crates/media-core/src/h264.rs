//! Just enough of H.264's RTP payload (RFC 6184) to see where a keyframe begins.

/// The types of NAL units and packets that matter here (RFC 6184 §5.2, H.264 §7.4.1).
const IDR_SLICE: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// Whether a decoder can begin with this RTP payload: with sequence parameters, or with the first slice of a picture that
/// refers to no other (encoders may send parameters once only). Anything malformed is not a beginning.
pub(crate) fn starts_keyframe(payload: &[u8]) -> bool {
    match payload {
        [header, rest @ ..] if nal_type(*header) == STAP_A => aggregated(rest).any(starts_picture),
        [indicator, header, rest @ ..] if nal_type(*indicator) == FU_A => {
            let starts_unit = header & 0x80 != 0;
            starts_unit && begins(nal_type(*header), rest)
        }
        unit => starts_picture(unit),
    }
}

fn nal_type(header: u8) -> u8 {
    header & 0x1f
}

fn starts_picture(unit: &[u8]) -> bool {
    unit.split_first().is_some_and(|(header, rest)| begins(nal_type(*header), rest))
}

fn begins(nal_type: u8, rest: &[u8]) -> bool {
    match nal_type {
        SEQUENCE_PARAMETERS => !rest.is_empty(),
        // The slice that begins with macroblock 0, which is written as a single 1 (H.264 §9.1).
        IDR_SLICE => rest.first().is_some_and(|first| first & 0x80 != 0),
        _ => false,
    }
}

/// The units of an aggregation packet, each behind its length, as far as they are whole.
fn aggregated(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk()?;
        let (unit, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        rest = after;
        Some(unit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPS: &[u8] = &[0x67, 0x42, 0xe0, 0x1f];
    const PPS: &[u8] = &[0x68, 0xce, 0x3c, 0x80];
    const IDR: &[u8] = &[0x65, 0x88, 0x84];

    fn stap_a(units: &[&[u8]]) -> Vec<u8> {
        let mut payload = vec![0x78];
        for unit in units {
            payload.extend((unit.len() as u16).to_be_bytes());
            payload.extend_from_slice(unit);
        }
        payload
    }

    #[test]
    fn sees_keyframes_in_every_sort_of_packet() {
        assert!(starts_keyframe(SPS));
        assert!(starts_keyframe(IDR));
        assert!(starts_keyframe(&stap_a(&[SPS, PPS])));
        assert!(starts_keyframe(&stap_a(&[&[0x09, 0x10], PPS, SPS, IDR])), "behind a delimiter");
        assert!(starts_keyframe(&[0x7c, 0x85, 0x88]), "the first fragment of an IDR slice");
    }

    #[test]
    fn sees_nothing_else_as_a_keyframe() {
        assert!(!starts_keyframe(&[0x41, 0x9a]), "a slice that refers to others");
        assert!(!starts_keyframe(PPS));
        assert!(!starts_keyframe(&[0x06, 0x05]), "supplemental information");
        assert!(!starts_keyframe(&[0x65, 0x48]), "a later slice of the picture");
        assert!(!starts_keyframe(&[0x7c, 0x05, 0x88]), "a middle fragment");
        assert!(!starts_keyframe(&[0x7c, 0x45, 0x88]), "the last fragment");
        assert!(!starts_keyframe(&[0x7c, 0x81, 0x9a]), "the first fragment of another slice");
        assert!(!starts_keyframe(&[0x7d, 0x85, 0x88]), "a sort of fragment that mode 1 does not have");
        assert!(!starts_keyframe(&stap_a(&[PPS, &[0x41, 0x9a]])));
    }

    #[test]
    fn truncation_is_never_a_keyframe() {
        let whole = stap_a(&[PPS, SPS]);
        assert!(starts_keyframe(&whole));
        for length in 0..whole.len() {
            assert!(!starts_keyframe(&whole[..length]), "{length} bytes");
        }
        for payload in [&[][..], &[0x67], &[0x65], &[0x7c], &[0x7c, 0x85], &[0x78], &[0x78, 0xff, 0xff, 0x67]] {
            assert!(!starts_keyframe(payload));
        }
    }
}
