//! One run: everybody comes in, packets are counted for a while, everybody goes.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::args::{Args, Target};
use crate::crowd::{Crowd, Place, Platform};
use crate::dtls::Identity;
use crate::janus::Janus;
use crate::network::Media;
use crate::peer::Checks;
use crate::processes::Usage;
use crate::report::{Moments, Report};
use crate::ringback::Node;
use crate::scenario::{Copies, Shape};
use crate::worker::Worker;

/// How long those who have an answer may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How often the progress is drawn.
const DRAW: Duration = Duration::from_millis(100);

/// Does what the command line says.
pub(crate) fn run(args: &Args) -> Result<Report> {
    allow_many_sockets();
    let platform: Arc<dyn Platform> = match &args.target {
        Target::Node { url, api_key } => Arc::new(Node::new(url, api_key)?),
        Target::Worker(path) => Arc::new(Worker::connect(path)?),
        Target::Janus(url) => Arc::new(Janus::new(url)?),
    };
    let (media, thread) = Media::start()?;
    let checks = Checks { share: args.verify, numbered: platform.is_numbered() };
    let place = Place { platform, media: media.clone(), identity: Arc::new(Identity::new()?), checks };

    // Names of one run are not those of another: rooms of an earlier one may still be ending.
    let run = format!("load-{}", std::iter::repeat_with(fastrand::lowercase).take(6).collect::<String>());
    let invitations = args.shape.invitations(&run, args.tracks)?;
    let participants = invitations.len();
    let connections = invitations.iter().map(|invitation| place.platform.connections(&invitation.part)).sum();
    let copies = if matches!(args.shape, Shape::Joins { .. }) { None } else { Copies::of(&invitations) };
    let mut moments = Moments { before_anybody: Usage::of(&args.server_pids), ..Moments::default() };

    let bar = Bar::new("coming in", participants);
    let mut crowd = Crowd::gather(&place, invitations, args.parallel, || bar.advance(1))?;
    bar.done();
    wait_for(&media, connections)?;
    pass(args.warm_up, "warming up");

    media.restart_counting();
    let own = [std::process::id()];
    let began = Instant::now();
    moments.at_begin = Usage::of(&args.server_pids);
    moments.control_at_begin = Usage::of(&args.control_pids);
    moments.own_at_begin = Usage::of(&own);
    let visits = if let Shape::Joins { count, parallel } = args.shape {
        Some(visits(&place, &run, args, count, parallel))
    } else {
        pass(args.seconds, "counting");
        None
    };
    let counted = began.elapsed();
    moments.at_end = Usage::of(&args.server_pids);
    moments.control_at_end = Usage::of(&args.control_pids);
    moments.own_at_end = Usage::of(&own);

    let mut outcome = media.tally()?;
    outcome.failures.extend(crowd.dismiss());
    media.stop();
    if let Ok(Err(error)) = thread.join() {
        return Err(error);
    }
    let visits = visits.map(|visits| {
        let (times, failures): (Vec<_>, Vec<_>) = visits.into_iter().partition(Result::is_ok);
        outcome.failures.extend(failures.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")));
        times.into_iter().flatten().collect()
    });
    Ok(Report::new(participants, counted, outcome, visits, copies, &moments, !args.server_pids.is_empty()))
}

/// Two descriptors for each participant soon are more than the usual 1,024.
fn allow_many_sockets() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Whoever may not have more finds out when the sockets run out.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

fn wait_for(media: &Media, connections: usize) -> Result<()> {
    let began = Instant::now();
    loop {
        let connected = media.progress.connected.load(Ordering::Relaxed);
        let failed = media.progress.failed.load(Ordering::Relaxed);
        if connected >= connections {
            return Ok(());
        }
        if failed > 0 || began.elapsed() > CONNECT_TIMEOUT {
            let why = media.tally()?.failures.join("; ");
            bail!("{connected} of {connections} connections are made, {failed} have failed: {why}");
        }
        std::thread::sleep(DRAW);
    }
}

/// All visits, by so many visitors at a time; how long each of them took to hear somebody.
fn visits(place: &Place, run: &str, args: &Args, count: usize, parallel: usize) -> Vec<Result<Duration>> {
    let bar = Bar::new("visiting", count);
    let next = AtomicUsize::new(0);
    let visitor = |number: usize| {
        let mut times = Vec::new();
        loop {
            let visit = next.fetch_add(1, Ordering::Relaxed);
            if visit >= count {
                return times;
            }
            times.push(place.visit(&Shape::guest(run, number, visit, args.tracks)));
            bar.advance(1);
        }
    };
    let visits = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..parallel).map(|number| scope.spawn(move || visitor(number))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
    });
    bar.done();
    visits
}

fn pass(time: Duration, what: &'static str) {
    let bar = Bar::new(what, time.as_millis() as usize);
    let began = Instant::now();
    while began.elapsed() < time {
        std::thread::sleep(DRAW.min(time.saturating_sub(began.elapsed())));
        bar.set(began.elapsed().as_millis() as usize);
    }
    bar.done();
}

/// How far something is: a bar on a terminal, otherwise a line when it begins.
struct Bar(ProgressBar);

impl Bar {
    fn new(what: &'static str, of: usize) -> Self {
        if !std::io::stderr().is_terminal() {
            eprintln!("media-load: {what}");
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(of as u64).with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{msg:12} {wide_bar} {percent:>3} %") {
            bar.set_style(style);
        }
        Self(bar)
    }

    fn advance(&self, by: usize) {
        self.0.inc(by as u64);
    }

    fn set(&self, at: usize) {
        self.0.set_position(at as u64);
    }

    fn done(&self) {
        self.0.finish_and_clear();
    }
}
