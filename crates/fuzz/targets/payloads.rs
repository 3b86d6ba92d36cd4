//! Payloads of RTP packets, as far as we look into them. Input: the payload.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| media_core::fuzzing::read_payload(payload));
