//! The command line.

use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use tracing_subscriber::filter::LevelFilter;

use crate::sockets::MediaAddress;

/// How long a worker waits for a controller before it ends, unless it is told otherwise. Longer than an upgrade of the
/// control plane takes, short enough that a forgotten worker does not keep its port for a day.
const DEFAULT_ORPHAN_TIMEOUT: Duration = Duration::from_secs(300);

const HELP: &str = "\
Usage: ringback-media --socket PATH [OPTIONS]

  --socket PATH            Unix socket for the controller (at most 100 bytes)
  --udp-port PORT          port for media, by UDP and TCP; 0 takes any free one (default 0)
  --address IP             address to announce and listen on; repeatable (default 127.0.0.1)
  --announce PUBLIC=IP     address to announce that a NAT translates into IP, to listen on IP; repeatable
  --orphan-timeout SECONDS end after this long without a controller (default 300)
  --log LEVEL              error, warn, info, debug or trace (default info)
  --log-format FORMAT      text or json (default text)
  --help, --version";

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// What the worker was asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Args {
    /// Where the controller connects.
    pub socket: PathBuf,
    /// The port for media, on every address; 0 takes any free one.
    pub udp_port: u16,
    /// The addresses to announce and to listen on; where one is listened on for several, itself comes first.
    pub addresses: Vec<MediaAddress>,
    /// How long to go on without a controller.
    pub orphan_timeout: Duration,
    /// From which level on to log.
    pub log_level: LevelFilter,
    /// How to log.
    pub log_format: LogFormat,
}

/// What a command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// To run.
    Run(Args),
    /// To print something and end.
    Print(String),
}

/// Why a command line was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgsError(String);

impl fmt::Display for ArgsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (see --help)", self.0)
    }
}

impl std::error::Error for ArgsError {}

impl From<lexopt::Error> for ArgsError {
    fn from(error: lexopt::Error) -> Self {
        Self(error.to_string())
    }
}

impl Args {
    /// Reads a command line, the program's name first.
    ///
    /// # Errors
    ///
    /// If an option is unknown, has no value or a bad one, or if there is no `--socket`.
    pub fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Parsed, ArgsError> {
        use lexopt::prelude::{Long, ValueExt};
        let mut parser = lexopt::Parser::from_iter(line);
        let mut socket = None;
        let mut args = Self {
            socket: PathBuf::new(),
            udp_port: 0,
            addresses: Vec::new(),
            orphan_timeout: DEFAULT_ORPHAN_TIMEOUT,
            log_level: LevelFilter::INFO,
            log_format: LogFormat::Text,
        };
        while let Some(option) = parser.next()? {
            match option {
                Long("socket") => socket = Some(PathBuf::from(parser.value()?)),
                Long("udp-port") => args.udp_port = parser.value()?.parse()?,
                Long("address") => args.addresses.push(same(parser.value()?.parse()?)?),
                Long("announce") => args.addresses.push(translated(&parser.value()?.string()?)?),
                Long("orphan-timeout") => args.orphan_timeout = Duration::from_secs(parser.value()?.parse()?),
                Long("log") => args.log_level = parser.value()?.parse()?,
                Long("log-format") => args.log_format = parser.value()?.parse_with(parse_format)?,
                Long("help") => return Ok(Parsed::Print(HELP.to_owned())),
                Long("version") => return Ok(Parsed::Print(crate::wire::BUILD.to_owned())),
                other => return Err(other.unexpected().into()),
            }
        }
        args.socket = socket.ok_or_else(|| ArgsError("--socket PATH is missing".to_owned()))?;
        if args.addresses.is_empty() {
            args.addresses.push(same(Ipv4Addr::LOCALHOST.into())?);
        }
        args.addresses
            .sort_unstable_by_key(|address| (address.own, address.announced != address.own, address.announced));
        args.addresses.dedup();
        Ok(Parsed::Run(args))
    }
}

fn same(address: IpAddr) -> Result<MediaAddress, ArgsError> {
    let address = of_one_machine(address)?;
    Ok(MediaAddress { announced: address, own: address })
}

fn translated(text: &str) -> Result<MediaAddress, ArgsError> {
    let addresses = text.split_once('=').and_then(|(announced, own)| announced.parse().ok().zip(own.parse().ok()));
    let (announced, own): (IpAddr, IpAddr) = addresses
        .ok_or_else(|| ArgsError(format!("--announce {text} is not two addresses, as 203.0.113.7=10.0.0.5")))?;
    if announced.is_ipv4() != own.is_ipv4() {
        return Err(ArgsError(format!("--announce {text} mixes IPv4 and IPv6, which no NAT here is expected to do")));
    }
    Ok(MediaAddress { announced: of_one_machine(announced)?, own: of_one_machine(own)? })
}

fn of_one_machine(address: IpAddr) -> Result<IpAddr, ArgsError> {
    if address.is_unspecified() || address.is_multicast() {
        return Err(ArgsError(format!("{address} cannot be announced to clients; give one that is a machine's own")));
    }
    Ok(address)
}

fn parse_format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("the log format is text or json"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Parsed, ArgsError> {
        Args::parse(format!("ringback-media {line}").split_whitespace().map(OsString::from))
    }

    #[test]
    fn reads_everything() {
        let line = "--socket /run/w --udp-port 7 --address ::1 --address 127.0.0.1 --address ::1 \
                    --announce 203.0.113.7=127.0.0.1 --orphan-timeout 9 --log debug --log-format json";
        let Ok(Parsed::Run(args)) = parse(line) else { panic!("{:?}", parse(line)) };
        let addresses: Vec<(String, String)> =
            args.addresses.iter().map(|address| (address.announced.to_string(), address.own.to_string())).collect();
        let expected = [("127.0.0.1", "127.0.0.1"), ("203.0.113.7", "127.0.0.1"), ("::1", "::1")];
        assert_eq!(addresses, expected.map(|(announced, own)| (announced.to_owned(), own.to_owned())));
        assert_eq!((args.udp_port, args.orphan_timeout.as_secs()), (7, 9));
        assert_eq!((args.log_level, args.log_format), (LevelFilter::DEBUG, LogFormat::Json));
    }

    #[test]
    fn refuses_what_cannot_work() {
        for line in ["", "--socket", "--socket a --udp-port 70000", "--socket a --address 0.0.0.0", "--socket a --x"] {
            assert!(parse(line).is_err(), "{line}");
        }
        for announce in
            ["203.0.113.7", "203.0.113.7=", "a=b", "203.0.113.7=::1", "0.0.0.0=10.0.0.5", "224.0.0.1=10.0.0.5"]
        {
            assert!(parse(&format!("--socket a --announce {announce}")).is_err(), "{announce}");
        }
    }
}
