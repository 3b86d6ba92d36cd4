//! The process around [`media_core`]: sockets, timers, and the worker protocol.
//!
//! One thread does everything but writing captures and the log: it waits in one poll for datagrams, for the controller and for the next deadline, and hands
//! each to the core. A plain loop over `mio` has no tasks to wake and no queue between socket and core, which is what the
//! packet path needs; more cores are used by more workers.

pub mod args;
mod capture;
mod control;
mod framing;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod log;
mod media;
mod segments;
mod serve;
mod sockets;
mod tcp;
pub mod wire;

pub use serve::{Ended, serve};
pub use sockets::{MediaAddress, StartError};
