//! `ringback-media`: forwards media between the participants of rooms, as a controller on a Unix socket tells it.

use std::process::ExitCode;

use media_worker::args::{Args, LogFormat, Parsed};
use media_worker::log::Log;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The exit code when nothing was started because of how it was asked for; 1 is left to faults.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args_os()) {
        Ok(Parsed::Run(args)) => args,
        Ok(Parsed::Print(text)) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return refuse(&error),
    };
    let log = match Log::to_stderr() {
        Ok(log) => log,
        Err(error) => return refuse(&error),
    };
    start_log(&args, log.clone());
    match media_worker::serve(&args) {
        Ok(ended) => {
            tracing::info!(reason = %ended, "ended");
            log.flush_for_good();
            ExitCode::SUCCESS
        }
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("ringback-media: {error}");
    ExitCode::from(EXIT_USAGE)
}

fn start_log(args: &Args, log: Log) {
    // Only our own crates: what others log may contain addresses and session descriptions.
    let filter = Targets::new()
        .with_default(LevelFilter::OFF)
        .with_target("media_core", args.log_level)
        .with_target("media_worker", args.log_level)
        .with_target("ringback_media", args.log_level);
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(move || log.clone());
    match args.log_format {
        LogFormat::Text => registry.with(layer.with_ansi(false)).init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).init(),
    }
    // The message of a panic may quote what a client sent, so only the place is told; the core says whose fault it was.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
        media_core::note_panic(panic);
    }));
}
