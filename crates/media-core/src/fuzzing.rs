//! A door for fuzzing to what nobody else needs from outside. Normal builds do not have it.

use std::sync::Arc;

use crate::codec::Codec;
use crate::red;

/// Reads an RTP payload as each codec's, and as RED.
///
/// # Panics
///
/// If what is read contradicts itself.
pub fn read_payload(payload: &[u8]) {
    for codec in [Codec::Vp8, Codec::Vp9, Codec::Av1, Codec::H264] {
        assert!(!codec.starts_keyframe(&payload[..payload.len().min(1)]), "a keyframe of a byte");
        let _ = codec.starts_keyframe(payload);
    }
    let renumbered = red::renumbered(&Arc::from(payload), 96);
    match red::primary(payload) {
        Some(primary) => {
            assert!(!primary.is_empty() && payload.ends_with(primary));
            assert!(renumbered.is_none_or(|other| other.ends_with(primary) && other.len() == payload.len()));
        }
        None => assert_eq!(renumbered, None),
    }
}
