//! The loop: wait for a datagram, the controller, a signal or the time, and hand it to the core.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use media_core::{Command, LEVELS_INTERVAL, LoadMeter, Protocol, Reply, Worker, WorkerConfig};
use mio::net::{UnixListener, UnixStream};
use mio::{Events, Interest, Poll, Registry, Token};
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};

use crate::args::Args;
use crate::capture;
use crate::control::{self, Connection};
use crate::media::MediaSockets;
use crate::sockets::{self, ControlSocket, StartError};
use crate::wire::{self, FromWorker, Hello, ToWorker};

/// How often the controller is told how the worker is. When its load becomes another state, it is told at once.
const STATISTICS_INTERVAL: Duration = Duration::from_secs(5);

/// How many controllers may be connected at once: one, its successor, and a few that look by mistake.
const MAX_CONNECTIONS: usize = 16;

/// How long the last words to the controller may take when the worker ends.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);

const LISTENER: Token = Token(0);
const END_SIGNALS: Token = Token(1);
const DRAIN_SIGNAL: Token = Token(2);
/// Controllers' connections have the tokens from here on; those of media have others (`media.rs`).
const FIRST_CONNECTION: usize = 1 << 16;

/// Why the worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The controller said so.
    ShutDown,
    /// The system said so.
    Signal,
    /// There was no controller for too long.
    Orphaned,
    /// It was to take no new rooms, and the last one has closed.
    Drained,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ShutDown => "shut down by the controller",
            Self::Signal => "signal",
            Self::Orphaned => "no controller for too long",
            Self::Drained => "drained",
        })
    }
}

/// Runs a worker until it ends.
///
/// # Errors
///
/// If it cannot start: the socket, the port or an address is not to be had.
pub fn serve(args: &Args) -> Result<Ended, StartError> {
    let mut server = Server::open(args)?;
    loop {
        if let Some(ended) = server.turn() {
            server.farewell();
            return Ok(ended);
        }
    }
}

struct Server {
    poll: Poll,
    events: Events,
    listener: UnixListener,
    _control: ControlSocket,
    end_signals: UnixStream,
    drain_signal: UnixStream,
    media: MediaSockets,
    worker: Worker,
    boot_id: String,
    connections: BTreeMap<usize, Connection>,
    next_connection: usize,
    /// Which connection is the controller's.
    controller: Option<usize>,
    highest_epoch: u64,
    orphan_timeout: Duration,
    orphan_since: Instant,
    next_statistics: Instant,
    next_changes: Instant,
    load: LoadMeter,
    ended: Option<Ended>,
}

impl Server {
    fn open(args: &Args) -> Result<Self, StartError> {
        let mut control = ControlSocket::open(&args.socket)?;
        sockets::allow_open_files();
        let opened = sockets::open_media(&args.addresses, args.udp_port)?;
        let system =
            |error: io::Error| StartError::new(format!("the system refuses what every program may have: {error}"));

        let poll = Poll::new().map_err(system)?;
        let registry = poll.registry();
        let listener = control.listener.take().ok_or_else(|| StartError::new("the socket was taken"))?;
        let mut listener = UnixListener::from_std(listener);
        registry.register(&mut listener, LISTENER, Interest::READABLE).map_err(system)?;

        let end_signals = watch_signals(&[SIGTERM, SIGINT], registry, END_SIGNALS).map_err(system)?;
        let drain_signal = watch_signals(&[SIGUSR1], registry, DRAIN_SIGNAL).map_err(system)?;

        let now = Instant::now();
        let seed = seed();
        let boot_id = format!("{seed:016x}");
        let media = MediaSockets::watch(opened, &args.addresses, registry, now).map_err(system)?;
        let addresses = media.announced().to_vec();
        tracing::info!(boot_id, addresses = addresses.len(), port = addresses.first().map(SocketAddr::port), "started");
        let config = WorkerConfig {
            open_capture: capture::open,
            clocks: Some((now, SystemTime::now())),
            ..WorkerConfig::new(boot_id.clone(), addresses, seed)
        };
        let worker = Worker::new(config);
        worker.warm_up(now);
        Ok(Self {
            poll,
            events: Events::with_capacity(64),
            listener,
            _control: control,
            end_signals,
            drain_signal,
            media,
            worker,
            boot_id,
            connections: BTreeMap::new(),
            next_connection: FIRST_CONNECTION,
            controller: None,
            highest_epoch: 0,
            orphan_timeout: args.orphan_timeout,
            orphan_since: now,
            next_statistics: now + STATISTICS_INTERVAL,
            next_changes: now + LEVELS_INTERVAL,
            load: LoadMeter::new(now),
            ended: None,
        })
    }

    /// Waits for something and handles all that is there.
    fn turn(&mut self) -> Option<Ended> {
        let before = Instant::now();
        let due = self.worker.next_deadline(before);
        let timeout = self.time_to_wait(before, due);
        if let Err(error) = self.poll.poll(&mut self.events, Some(timeout))
            && error.kind() != io::ErrorKind::Interrupted
        {
            tracing::error!(%error, "cannot wait for events");
        }
        let begin = Instant::now();
        let tokens: Vec<Token> = self.events.iter().map(mio::event::Event::token).collect();
        for token in tokens {
            match token {
                LISTENER => self.accept_controllers(),
                END_SIGNALS if has_come(&mut self.end_signals) => self.ended = Some(Ended::Signal),
                DRAIN_SIGNAL if has_come(&mut self.drain_signal) => self.worker.drain(),
                END_SIGNALS | DRAIN_SIGNAL => {}
                Token(number) if self.media.wake(number) => {}
                Token(number) => self.read_controller(number),
            }
        }
        self.media.receive(&mut self.worker);
        let now = Instant::now();
        self.worker.tick(now);
        self.media.send(&mut self.worker);
        self.media.sweep(now);
        self.send_changes(now);
        self.send_statistics(now);
        self.write_controllers(now);
        if self.controller.is_none() && now.saturating_duration_since(self.orphan_since) >= self.orphan_timeout {
            self.ended.get_or_insert(Ended::Orphaned);
        }
        self.note_load(begin, due);
        if self.worker.is_drained() {
            self.ended.get_or_insert(Ended::Drained);
        }
        self.ended
    }

    /// A turn that began then, when this had been due, is over.
    fn note_load(&mut self, begin: Instant, due: Option<Instant>) {
        let now = Instant::now();
        let late = due.filter(|due| *due <= begin).map(|due| begin - due);
        let changed = self.load.note_turn(now.saturating_duration_since(begin), late, now);
        self.worker.set_load(self.load.snapshot());
        if let Some(load) = changed {
            tracing::warn!(?load, "the load is another one");
            self.next_statistics = now;
        }
    }

    fn time_to_wait(&self, now: Instant, due: Option<Instant>) -> Duration {
        if self.media.is_ready() {
            return Duration::ZERO;
        }
        let orphan = self.controller.is_none().then(|| self.orphan_since + self.orphan_timeout);
        let statistics = self.controller.map(|_| self.next_statistics);
        let changes = self.controller.filter(|_| self.worker.has_rooms()).map(|_| self.next_changes);
        let deadline = [due, self.media.deadline(), orphan, statistics, changes].into_iter().flatten().min();
        deadline.map_or(STATISTICS_INTERVAL, |deadline| deadline.saturating_duration_since(now))
    }

    fn accept_controllers(&mut self) {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    if error.kind() != io::ErrorKind::WouldBlock {
                        tracing::warn!(%error, "cannot accept a controller");
                    }
                    return;
                }
            };
            let own =
                rustix::net::sockopt::socket_peercred(&stream).is_ok_and(|peer| peer.uid == rustix::process::getuid());
            if !own || self.connections.len() >= MAX_CONNECTIONS {
                tracing::warn!(own, "connection refused");
                continue;
            }
            let number = self.next_connection;
            self.next_connection += 1;
            let interest = Interest::READABLE | Interest::WRITABLE;
            match self.poll.registry().register(&mut stream, Token(number), interest) {
                Ok(()) => {
                    self.connections.insert(number, Connection::new(stream));
                }
                Err(error) => tracing::warn!(%error, "cannot watch a controller"),
            }
        }
    }

    fn read_controller(&mut self, number: usize) {
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        let alive = connection.read();
        loop {
            // A command may end the connection it came by.
            let Some(connection) = self.connections.get_mut(&number) else {
                return;
            };
            match connection.next_message() {
                Ok(Some(message)) => self.handle(number, message),
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%error, "a controller is not understood");
                    let message = error.to_string();
                    self.say_last(number, &FromWorker::ProtocolError { message });
                    break;
                }
            }
        }
        if !alive {
            self.drop_connection(number);
        }
    }

    fn handle(&mut self, number: usize, message: ToWorker) {
        let is_controller = self.controller == Some(number);
        match message {
            ToWorker::Hello(hello) if !is_controller => self.greet(number, &hello),
            ToWorker::Command(id, command) if is_controller => {
                let ends = matches!(command, Ok(Command::ShutDown));
                let reply = match command {
                    Ok(command) => self.worker.run(id, command, Instant::now()),
                    Err(error) => Reply::new(id, Err(error)),
                };
                if let Some(error) = &reply.error {
                    tracing::info!(command = %reply.id, code = ?error.code, "command refused");
                }
                self.reply(number, reply);
                if ends {
                    self.ended = Some(Ended::ShutDown);
                }
            }
            ToWorker::Acknowledge(fact) if is_controller => self.worker.acknowledge(fact),
            _ => {
                let message = "the first message is a hello, and there is only one".to_owned();
                self.say_last(number, &FromWorker::ProtocolError { message });
            }
        }
    }

    fn greet(&mut self, number: usize, hello: &Hello) {
        let protocol = match control::judge(hello, self.highest_epoch) {
            Ok(protocol) => protocol,
            Err(refused) => {
                tracing::warn!(epoch = hello.epoch, "controller refused");
                self.say_last(number, &refused);
                return;
            }
        };
        self.highest_epoch = hello.epoch;
        if let Some(before) = self.controller.replace(number) {
            self.say_last(before, &FromWorker::Superseded { epoch: hello.epoch });
        }
        tracing::info!(epoch = hello.epoch, "controller taken");
        self.worker.forget_said();
        let welcome = FromWorker::Welcome {
            protocol,
            build: wire::BUILD.to_owned(),
            boot_id: self.boot_id.clone(),
            addresses: self.announced(),
            last_fact: self.worker.facts().last(),
            overflowed: self.worker.facts().overflowed(),
            draining: self.worker.is_draining(),
        };
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.epoch = Some(hello.epoch);
            connection.send(&welcome);
        }
    }

    /// Where media arrives, by each protocol.
    fn announced(&self) -> Vec<String> {
        let both = |address| [Protocol::Udp, Protocol::Tcp].map(|protocol| format!("{address}/{protocol}"));
        self.media.announced().iter().flat_map(both).collect()
    }

    fn reply(&mut self, number: usize, reply: Reply) {
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        let id = reply.id.clone();
        if !connection.send(&FromWorker::Reply(reply)) {
            tracing::error!(command = %id, "the reply is too large for a frame");
            connection.send(&FromWorker::Reply(wire::oversized(id)));
        }
    }

    fn say_last(&mut self, number: usize, message: &FromWorker) {
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.send_last(message);
        }
        if self.controller == Some(number) {
            self.lose_controller();
        }
    }

    fn lose_controller(&mut self) {
        self.controller = None;
        self.orphan_since = Instant::now();
        tracing::info!(timeout_s = self.orphan_timeout.as_secs(), "without a controller");
    }

    fn drop_connection(&mut self, number: usize) {
        if let Some(mut connection) = self.connections.remove(&number) {
            // The stream is closed right after, so there is nothing to do if it was not watched.
            let _ = self.poll.registry().deregister(&mut connection.stream);
        }
        if self.controller == Some(number) {
            self.lose_controller();
        }
    }

    /// Tells the controller what is loud, paused and wanted, where that has changed.
    fn send_changes(&mut self, now: Instant) {
        if now < self.next_changes {
            return;
        }
        self.next_changes = now + LEVELS_INTERVAL;
        let controller = self.controller.and_then(|number| self.connections.get_mut(&number));
        // What a controller that is behind is not told now still counts as unsaid the next time.
        if let Some(connection) = controller.filter(|connection| connection.is_idle()) {
            let rooms = self.worker.take_changed_levels(now);
            if !rooms.is_empty() {
                connection.send(&FromWorker::Levels { rooms });
            }
            let rooms = self.worker.take_changed_video(now);
            if !rooms.is_empty() {
                connection.send(&FromWorker::Video { rooms });
            }
        }
    }

    fn send_statistics(&mut self, now: Instant) {
        if now < self.next_statistics {
            return;
        }
        self.next_statistics = now + STATISTICS_INTERVAL;
        let controller = self.controller.and_then(|number| self.connections.get_mut(&number));
        // A controller that is behind is better served without.
        if let Some(connection) = controller.filter(|connection| connection.is_idle()) {
            connection.send(&FromWorker::Statistics { worker: Box::new(self.worker.statistics()) });
        }
    }

    fn write_controllers(&mut self, _now: Instant) {
        let mut gone = Vec::new();
        for (number, connection) in &mut self.connections {
            connection.send_facts(self.worker.facts());
            if !connection.write() {
                gone.push(*number);
            }
        }
        for number in gone {
            self.drop_connection(number);
        }
    }

    /// Closes everything, tells the clients, and lets the controller have what it was sent.
    fn farewell(&mut self) {
        if let Ok(id) = "farewell".try_into() {
            self.worker.run(id, Command::ShutDown, Instant::now());
        }
        self.media.send(&mut self.worker);
        let deadline = Instant::now() + FAREWELL_TIMEOUT;
        while self.connections.values().any(|connection| !connection.is_idle()) && Instant::now() < deadline {
            self.write_controllers(deadline);
            let left = deadline.saturating_duration_since(Instant::now());
            if self.poll.poll(&mut self.events, Some(left.min(Duration::from_millis(50)))).is_err() {
                return;
            }
        }
    }
}

/// A stream in which there is something to read after one of these signals.
fn watch_signals(signals: &[i32], registry: &Registry, token: Token) -> io::Result<UnixStream> {
    let (stream, on_signal) = StdUnixStream::pair()?;
    stream.set_nonblocking(true)?;
    for signal in signals {
        signal_hook::low_level::pipe::register(*signal, on_signal.try_clone()?)?;
    }
    let mut stream = UnixStream::from_std(stream);
    registry.register(&mut stream, token, Interest::READABLE)?;
    Ok(stream)
}

fn has_come(signals: &mut UnixStream) -> bool {
    let mut buffer = [0; 16];
    signals.read(&mut buffer).is_ok_and(|length| length > 0)
}

/// A number that no other run has: from the clock, the process and the system's own randomness.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.write_u128(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos());
    hasher.finish()
}
