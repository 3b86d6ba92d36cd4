//! What the fuzz targets share: a worker with a call whose cryptography does nothing, and a way to take inputs apart.

#![forbid(unsafe_code)]

#[path = "../../media-core/tests/harness/no_crypto.rs"]
pub mod no_crypto;

pub mod pieces;
pub mod world;
