//! `media-load`: headless participants that measure what a node carries.
//!
//! Each of them does what a browser does, on the crates of webrtc-rs instead of str0m: it comes in through the public
//! signaling, checks ICE, shakes hands by DTLS, sends speech and pictures in the bursts that a browser was seen to send,
//! and reports what it receives. All that arrives is counted; every n-th packet is decrypted and must be the one that a
//! publisher sent, at its place in the slot and under the number that signaling told.

mod args;
mod crowd;
mod dtls;
mod feedback;
mod ice;
mod incoming;
mod janus;
mod mark;
mod network;
mod outgoing;
mod peer;
mod processes;
mod report;
mod ringback;
mod rtp;
mod run;
mod scenario;
mod sdp;
mod trace;
mod worker;

use std::process::ExitCode;

use args::{Args, Parsed};

/// The exit code when nothing was measured, because of how it was asked for or because nobody could come in.
const EXIT_NOTHING: u8 = 2;

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args_os(), std::env::var("RINGBACK_API_KEY").ok()) {
        Ok(Parsed::Run(args)) => args,
        Ok(Parsed::Print(text)) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return refuse(&error),
    };
    match run::run(&args) {
        Ok(report) => {
            if args.json {
                match serde_json::to_string_pretty(&report) {
                    Ok(json) => println!("{json}"),
                    Err(error) => return refuse(&error.into()),
                }
            } else {
                print!("{report}");
            }
            if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &anyhow::Error) -> ExitCode {
    eprintln!("media-load: {error:#}");
    ExitCode::from(EXIT_NOTHING)
}
