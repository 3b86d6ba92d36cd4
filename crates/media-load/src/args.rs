//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::scenario::{Shape, Tracks};
use crate::trace::Quality;

const HELP: &str = "\
Usage: media-load SHAPE (--url URL | --worker PATH | --janus URL) [OPTIONS]

Headless participants that publish and subscribe, count packets, and check a share of them.

  rooms       --participants N (4) --rooms N (1)   everybody shows and speaks
  broadcast   --subscribers N (20)                 one shows and speaks, the others watch
  audio       --speakers N (4) --listeners N (20)  some speak in turn, the others listen
  joins       --count N (100)                      people come, hear somebody, and go

  --url URL            the node, http://host:port
  --api-key KEY        its API key (default: RINGBACK_API_KEY)
  --worker PATH        instead of a node: the socket of a `ringback-media` that nobody controls
  --janus URL          instead, to compare: the WebSocket of a Janus with the VideoRoom plugin, ws://host:port
  --seconds N          how long packets are counted (20)
  --warm-up N          how long they flow before that, in seconds (3)
  --parallel N         how many come at the same time (8)
  --quality WORD       low (320x180), medium (640x360) or high (1280x720); default: high, rooms: low
  --simulcast          cameras send all three
  --video-slots N      receive slots for video (4, and more when the node says so)
  --audio-slots N      receive slots for audio (3)
  --verify N           decrypt and check every N-th packet of a slot (100)
  --server-pid PID     a process that forwards, whose time and memory are measured; repeatable
  --control-pid PID    the same of one that only decides
  --json               the report as JSON
  --help, --version";

/// Where the participants go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Node { url: String, api_key: String },
    Worker(PathBuf),
    Janus(String),
}

/// What a run is to be.
#[derive(Debug, Clone)]
pub(crate) struct Args {
    pub(crate) shape: Shape,
    pub(crate) target: Target,
    pub(crate) tracks: Tracks,
    pub(crate) seconds: Duration,
    pub(crate) warm_up: Duration,
    pub(crate) parallel: usize,
    pub(crate) verify: u32,
    pub(crate) server_pids: Vec<u32>,
    pub(crate) control_pids: Vec<u32>,
    pub(crate) json: bool,
}

/// What a command line asks for.
#[derive(Debug)]
pub(crate) enum Parsed {
    Run(Args),
    Print(String),
}

/// The options with a value, as they were given.
#[derive(Debug, Default)]
struct Given {
    shape: Option<String>,
    url: Option<String>,
    api_key: Option<String>,
    worker: Option<PathBuf>,
    janus: Option<String>,
    quality: Option<Quality>,
    simulcast: bool,
    json: bool,
    server_pids: Vec<u32>,
    control_pids: Vec<u32>,
    numbers: Vec<(String, usize)>,
}

/// The options that are numbers, and the least that makes sense.
const NUMBERS: [(&str, usize); 12] = [
    ("participants", 2),
    ("rooms", 1),
    ("subscribers", 1),
    ("speakers", 1),
    ("listeners", 0),
    ("count", 1),
    ("seconds", 1),
    ("warm-up", 0),
    ("parallel", 1),
    ("video-slots", 0),
    ("audio-slots", 1),
    ("verify", 1),
];

impl Args {
    /// Reads a command line, the program's name first; `api_key` is that of the environment.
    ///
    /// # Errors
    ///
    /// If an option is unknown, has no value or a bad one, or if it is not said where to go.
    pub(crate) fn parse(line: impl IntoIterator<Item = OsString>, api_key: Option<String>) -> Result<Parsed> {
        use lexopt::prelude::{Long, Value, ValueExt};
        let mut parser = lexopt::Parser::from_iter(line);
        let mut given = Given { api_key, ..Given::default() };
        while let Some(option) = parser.next()? {
            match option {
                Value(shape) if given.shape.is_none() => given.shape = Some(shape.string()?),
                Long("url") => given.url = Some(parser.value()?.string()?),
                Long("api-key") => given.api_key = Some(parser.value()?.string()?),
                Long("worker") => given.worker = Some(parser.value()?.into()),
                Long("janus") => given.janus = Some(parser.value()?.string()?),
                Long("quality") => given.quality = Some(parser.value()?.parse_with(quality)?),
                Long("simulcast") => given.simulcast = true,
                Long("json") => given.json = true,
                Long("server-pid") => given.server_pids.push(parser.value()?.parse()?),
                Long("control-pid") => given.control_pids.push(parser.value()?.parse()?),
                Long("help") => return Ok(Parsed::Print(HELP.to_owned())),
                Long("version") => return Ok(Parsed::Print(format!("media-load {}", env!("CARGO_PKG_VERSION")))),
                Long(name) if NUMBERS.iter().any(|(number, _)| *number == name) => {
                    let name = name.to_owned();
                    let value = parser.value()?.parse()?;
                    let least = NUMBERS.iter().find(|(number, _)| *number == name).map_or(0, |(_, least)| *least);
                    ensure!(value >= least, "--{name} must be at least {least}");
                    given.numbers.push((name, value));
                }
                other => return Err(other.unexpected().into()),
            }
        }
        Self::from(given).map(Parsed::Run)
    }

    fn from(given: Given) -> Result<Self> {
        let numbers = given.numbers;
        let number = |name, default| {
            // Said twice, the last word counts.
            let given = numbers.iter().rev().find(|(given, _)| given == name);
            given.map_or(default, |(_, number)| *number)
        };
        let parallel = number("parallel", 8);
        let shape = match given.shape.as_deref() {
            Some("rooms") => Shape::Rooms { participants: number("participants", 4), rooms: number("rooms", 1) },
            Some("broadcast") => Shape::Broadcast { subscribers: number("subscribers", 20) },
            Some("audio") => Shape::Audio { speakers: number("speakers", 4), listeners: number("listeners", 20) },
            Some("joins") => Shape::Joins { count: number("count", 100), parallel },
            Some(other) => bail!("{other} is none of rooms, broadcast, audio and joins (see --help)"),
            None => bail!("which shape: rooms, broadcast, audio or joins? (see --help)"),
        };
        let target = match (given.worker, given.url, given.janus) {
            (Some(path), None, None) => Target::Worker(path),
            (None, Some(url), None) => {
                let api_key = given.api_key.context("--api-key or RINGBACK_API_KEY is missing")?;
                Target::Node { url, api_key }
            }
            (None, None, Some(url)) => Target::Janus(url),
            _ => bail!("give one of --url, --worker and --janus (see --help)"),
        };
        let is_said = numbers.iter().any(|(given, _)| given == "video-slots");
        let usual = if matches!(shape, Shape::Rooms { .. }) { Quality::Low } else { Quality::High };
        Ok(Self {
            shape,
            tracks: Tracks {
                quality: given.quality.unwrap_or(usual),
                simulcast: given.simulcast,
                audio_slots: number("audio-slots", 3),
                video_slots: number("video-slots", 4),
                grows: !is_said && matches!(target, Target::Node { .. }),
            },
            target,
            seconds: Duration::from_secs(number("seconds", 20) as u64),
            warm_up: Duration::from_secs(number("warm-up", 3) as u64),
            parallel,
            verify: number("verify", 100) as u32,
            server_pids: given.server_pids,
            control_pids: given.control_pids,
            json: given.json,
        })
    }
}

fn quality(word: &str) -> Result<Quality> {
    Ok(match word {
        "low" => Quality::Low,
        "medium" => Quality::Medium,
        "high" => Quality::High,
        _ => bail!("the quality is low, medium or high"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args> {
        match Args::parse(format!("media-load {line}").split_whitespace().map(OsString::from), None)? {
            Parsed::Run(args) => Ok(args),
            Parsed::Print(text) => bail!(text),
        }
    }

    #[test]
    fn options_are_read_and_the_rest_is_usual() {
        let args = parse("rooms --url http://h:1 --api-key k --participants 10 --rooms 2 --verify 1").unwrap();
        assert_eq!(args.shape, Shape::Rooms { participants: 10, rooms: 2 });
        assert_eq!(args.target, Target::Node { url: "http://h:1".to_owned(), api_key: "k".to_owned() });
        assert_eq!((args.verify, args.seconds, args.tracks.quality), (1, Duration::from_secs(20), Quality::Low));
        assert_eq!(parse("broadcast --worker /w").unwrap().tracks.quality, Quality::High);
    }

    #[test]
    fn video_slots_grow_unless_their_number_is_said_or_nobody_asks_for_more() {
        let grows = |line| parse(line).unwrap().tracks.grows;
        assert!(grows("rooms --url http://h:1 --api-key k"));
        assert!(!grows("rooms --url http://h:1 --api-key k --video-slots 4"));
        assert!(!grows("rooms --worker /w"));
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for line in [
            "",
            "party --worker /w",
            "rooms",
            "rooms --url http://h:1",
            "rooms --worker /w --url http://h:1 --api-key k",
            "rooms --worker /w --participants 1",
            "rooms --worker /w --seconds soon",
            "rooms --worker /w --quality best",
            "rooms --worker /w --loud",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
