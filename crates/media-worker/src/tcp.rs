//! Clients that cannot use UDP: ICE-TCP, passive (RFC 6544). They connect to the same addresses and ports, and nothing
//! connects to them.
//!
//! Anybody can connect, so a connection has to prove with its first frame that it belongs to a transport: that must be a
//! check that the core takes. What one client does costs the others nothing: no call here waits, and all that a connection
//! may hold is bounded.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use media_core::{Datagram, FiveTuple, Protocol, Worker};
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};

use crate::framing::{FrameReader, FrameWriter};

/// How many connections a worker holds. A browser opens one per address that it knows and keeps what it does not need for
/// half a minute, so this is several for each participant that one core can serve.
const MAX_CONNECTIONS: usize = 4096;

/// How many connections one source holds, that is an IPv4 address or an IPv6 network of 64 bits. An office behind one
/// address has to fit in; a stranger must not use up all.
const MAX_PER_SOURCE: usize = 128;

/// How long a new connection may take to prove itself; browsers send their first check at once.
const PROOF_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection lives without anything that the core takes. Browsers check every 2.5 s, and consent ends after 15 s.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How often it is looked for connections whose time is over.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// How many connections are accepted, and how many times is read from one, before others get a turn.
const ACCEPTS_PER_TURN: usize = 64;
const READS_PER_TURN: usize = 4;

/// How much is read at once, in bytes.
const READ_BUFFER: usize = 16 * 1024;

/// Whom a connection counts for.
type Source = IpAddr;

struct Listener {
    /// The address as it is announced.
    announced: SocketAddr,
    socket: TcpListener,
    /// Whether there may be more to accept.
    ready: bool,
}

struct Connection {
    stream: TcpStream,
    tuple: FiveTuple,
    reader: FrameReader,
    writer: FrameWriter,
    proved: bool,
    /// When it began, or when the core last took something from it.
    heard: Instant,
}

/// What there is after some reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// All is read; there will be an event.
    Drained,
    /// There may be more.
    More,
    /// The connection is to be closed.
    Over,
}

/// The listeners and their connections.
pub(crate) struct TcpMedia {
    registry: Registry,
    first_connection: usize,
    next_connection: usize,
    listeners: Vec<Listener>,
    connections: BTreeMap<usize, Connection>,
    by_tuple: HashMap<FiveTuple, usize>,
    per_source: HashMap<Source, usize>,
    /// Connections that have not proved themselves, the oldest first.
    strangers: BTreeSet<usize>,
    /// Connections from which there may be more to read.
    ready: BTreeSet<usize>,
    next_sweep: Instant,
}

impl TcpMedia {
    /// Listens. Connections get the tokens from `first_connection` on.
    pub(crate) fn new(registry: Registry, first_connection: usize, now: Instant) -> Self {
        Self {
            registry,
            first_connection,
            next_connection: first_connection,
            listeners: Vec::new(),
            connections: BTreeMap::new(),
            by_tuple: HashMap::new(),
            per_source: HashMap::new(),
            strangers: BTreeSet::new(),
            ready: BTreeSet::new(),
            next_sweep: now,
        }
    }

    /// Listens under this token for clients of an announced address.
    pub(crate) fn listen(
        &mut self,
        listener: std::net::TcpListener,
        announced: SocketAddr,
        token: Token,
    ) -> io::Result<()> {
        let mut socket = TcpListener::from_std(listener);
        self.registry.register(&mut socket, token, Interest::READABLE)?;
        self.listeners.push(Listener { announced, socket, ready: true });
        Ok(())
    }

    /// A listener may have something to accept.
    pub(crate) fn wake_listener(&mut self, number: usize) {
        if let Some(listener) = self.listeners.get_mut(number) {
            listener.ready = true;
        }
    }

    /// A connection may have something to read, or room to write.
    pub(crate) fn wake(&mut self, token: usize) {
        let Some(connection) = self.connections.get_mut(&token) else {
            return;
        };
        if connection.writer.write(&mut connection.stream).is_ok() {
            self.ready.insert(token);
        } else {
            self.close(token);
        }
    }

    /// Whether there may be something to accept or to read now.
    pub(crate) fn is_ready(&self) -> bool {
        !self.ready.is_empty() || self.listeners.iter().any(|listener| listener.ready)
    }

    /// When [`TcpMedia::sweep`] is wanted next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        (!self.connections.is_empty()).then_some(self.next_sweep)
    }

    /// Accepts and reads, and hands what has arrived to the core.
    pub(crate) fn receive(&mut self, worker: &mut Worker, now: Instant) {
        for number in 0..self.listeners.len() {
            self.accept(number, now);
        }
        for token in std::mem::take(&mut self.ready) {
            let Some(connection) = self.connections.get_mut(&token) else {
                continue;
            };
            match connection.receive(worker, now) {
                Progress::Over => self.close(token),
                progress => {
                    if connection.proved {
                        self.strangers.remove(&token);
                    }
                    if progress == Progress::More {
                        self.ready.insert(token);
                    }
                }
            }
        }
    }

    /// Sends a datagram if its connection is there; like one that is lost if not.
    pub(crate) fn send(&mut self, datagram: &Datagram) {
        let Some(token) = self.by_tuple.get(&datagram.tuple).copied() else {
            return;
        };
        if let Some(connection) = self.connections.get_mut(&token) {
            connection.writer.push(&datagram.contents);
            if connection.writer.write(&mut connection.stream).is_err() {
                self.close(token);
            }
        }
    }

    /// Closes connections whose time is over, and looks again for those that there was no room for.
    pub(crate) fn sweep(&mut self, now: Instant) {
        if now < self.next_sweep {
            return;
        }
        self.next_sweep = now + SWEEP_INTERVAL;
        self.listeners.iter_mut().for_each(|listener| listener.ready = true);
        let over = |connection: &Connection| {
            let limit = if connection.proved { IDLE_TIMEOUT } else { PROOF_TIMEOUT };
            now.saturating_duration_since(connection.heard) >= limit
        };
        let over: Vec<usize> =
            self.connections.iter().filter(|(_, connection)| over(connection)).map(|(token, _)| *token).collect();
        for token in over {
            self.close(token);
        }
    }

    fn accept(&mut self, number: usize, now: Instant) {
        for _ in 0..ACCEPTS_PER_TURN {
            let listener = &mut self.listeners[number];
            if !listener.ready {
                return;
            }
            let announced = listener.announced;
            match listener.socket.accept() {
                Ok((stream, client)) => {
                    let tuple = FiveTuple { protocol: Protocol::Tcp, worker: announced, client };
                    self.admit(stream, tuple, now);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => listener.ready = false,
                Err(error) if is_about_that_connection(&error) => {}
                Err(error) => {
                    // No more files, so the oldest that has nothing to show for itself gives its own back.
                    tracing::warn!(%error, "cannot accept a connection");
                    let freed = self.close_oldest_stranger();
                    self.listeners[number].ready = freed;
                    return;
                }
            }
        }
    }

    fn admit(&mut self, mut stream: TcpStream, tuple: FiveTuple, now: Instant) {
        let source = source_of(tuple.client.ip());
        if self.per_source.get(&source).is_some_and(|count| *count >= MAX_PER_SOURCE) {
            return;
        }
        if self.connections.len() >= MAX_CONNECTIONS && !self.close_oldest_stranger() {
            return;
        }
        let token = self.next_connection;
        let interest = Interest::READABLE | Interest::WRITABLE;
        // A frame waits for nothing: it is late as it is.
        if stream.set_nodelay(true).is_err() || self.registry.register(&mut stream, Token(token), interest).is_err() {
            return;
        }
        self.next_connection = token.checked_add(1).unwrap_or(self.first_connection);
        // Two with the same addresses cannot be there at once: the one before is gone without our knowing.
        if let Some(before) = self.by_tuple.get(&tuple).copied() {
            self.close(before);
        }
        self.by_tuple.insert(tuple, token);
        *self.per_source.entry(source).or_default() += 1;
        self.strangers.insert(token);
        self.ready.insert(token);
        let (reader, writer) = (FrameReader::default(), FrameWriter::default());
        self.connections.insert(token, Connection { stream, tuple, reader, writer, proved: false, heard: now });
    }

    fn close_oldest_stranger(&mut self) -> bool {
        let oldest = self.strangers.first().copied();
        oldest.inspect(|token| self.close(*token)).is_some()
    }

    fn close(&mut self, token: usize) {
        let Some(mut connection) = self.connections.remove(&token) else {
            return;
        };
        // The stream is closed right after, so there is nothing to do if it was not watched.
        let _ = self.registry.deregister(&mut connection.stream);
        self.by_tuple.remove(&connection.tuple);
        self.strangers.remove(&token);
        self.ready.remove(&token);
        let source = source_of(connection.tuple.client.ip());
        if let Some(count) = self.per_source.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                self.per_source.remove(&source);
            }
        }
    }
}

impl Connection {
    fn receive(&mut self, worker: &mut Worker, now: Instant) -> Progress {
        let mut buffer = [0; READ_BUFFER];
        for _ in 0..READS_PER_TURN {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Progress::Over,
                Ok(length) => self.reader.push(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Progress::Drained,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return Progress::Over,
            }
            loop {
                match self.reader.next(crate::media::MAX_DATAGRAM) {
                    Ok(Some(frame)) => {
                        let taken = worker.receive(self.tuple, frame, now);
                        self.proved |= taken;
                        if taken {
                            self.heard = now;
                        } else if !self.proved {
                            return Progress::Over;
                        }
                    }
                    Ok(None) => break,
                    Err(_) => return Progress::Over,
                }
            }
        }
        Progress::More
    }
}

fn source_of(address: IpAddr) -> Source {
    match address {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            Ipv6Addr::from_bits(network).into()
        }
    }
}

/// Whether accepting failed because whoever connected is gone already.
fn is_about_that_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test that cannot go on has failed.
mod tests {
    use std::io::{ErrorKind, Write};
    use std::net::TcpStream;

    use media_core::WorkerConfig;
    use mio::Poll;

    use super::*;

    struct Place {
        _poll: Poll,
        media: TcpMedia,
        worker: Worker,
        address: SocketAddr,
        now: Instant,
    }

    impl Place {
        fn new() -> Self {
            let (poll, now) = (Poll::new().unwrap(), Instant::now());
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            let address = listener.local_addr().unwrap();
            let mut media = TcpMedia::new(poll.registry().try_clone().unwrap(), 1000, now);
            media.listen(listener, address, Token(1)).unwrap();
            let worker = Worker::new(WorkerConfig::new("b", vec![address], 1));
            Self { _poll: poll, media, worker, address, now }
        }

        fn connect(&mut self) -> TcpStream {
            let stream = TcpStream::connect(self.address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            self.media.wake_listener(0);
            self.media.receive(&mut self.worker, self.now);
            stream
        }

        fn pass(&mut self, time: Duration) {
            self.now += time;
            self.media.sweep(self.now);
        }
    }

    /// The connection is closed, and nothing was said in it.
    fn is_closed(stream: &mut TcpStream) -> bool {
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Ok(_) => answer.is_empty(),
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }

    #[test]
    fn who_says_nothing_is_closed_after_a_while() {
        let mut place = Place::new();
        let mut stream = place.connect();
        stream.write_all(&[0]).unwrap();
        place.media.wake(1000);
        place.media.receive(&mut place.worker, place.now);
        place.pass(PROOF_TIMEOUT.checked_sub(SWEEP_INTERVAL).unwrap());
        assert_eq!(place.media.connections.len(), 1);
        place.pass(SWEEP_INTERVAL);
        assert!(place.media.connections.is_empty() && place.media.per_source.is_empty());
        assert!(place.media.by_tuple.is_empty() && place.media.strangers.is_empty() && place.media.ready.is_empty());
        assert!(is_closed(&mut stream));
        assert_eq!(place.media.deadline(), None);
    }

    #[test]
    fn who_does_not_begin_with_a_check_is_closed_unanswered() {
        let dtls = [&[0, 60, 22, 254, 253][..], &[0; 57]].concat();
        for words in [b"GET / HTTP/1.1\r\n\r\n".as_slice(), &[0, 3, 128, 96, 0], &dtls, &[0, 1, 0]] {
            let mut place = Place::new();
            let mut stream = place.connect();
            stream.write_all(words).unwrap();
            // What was written is there when the other end of the loopback has it.
            let wanted = Instant::now() + Duration::from_secs(20);
            while !place.media.connections.is_empty() && Instant::now() < wanted {
                place.media.wake(1000);
                place.media.receive(&mut place.worker, place.now);
            }
            assert!(is_closed(&mut stream), "{words:?}");
        }
    }

    #[test]
    fn one_source_does_not_take_all_connections() {
        let mut place = Place::new();
        let mut streams: Vec<TcpStream> = (0..=MAX_PER_SOURCE).map(|_| place.connect()).collect();
        assert_eq!(place.media.connections.len(), MAX_PER_SOURCE);
        assert!(is_closed(&mut streams[MAX_PER_SOURCE]));
        drop(streams.remove(0));
        place.media.wake(1000);
        place.media.receive(&mut place.worker, place.now);
        streams.push(place.connect());
        assert_eq!(place.media.connections.len(), MAX_PER_SOURCE, "there is room again");
    }

    #[test]
    fn an_ipv6_network_counts_as_one_source() {
        let source = |address: &str| source_of(address.parse().unwrap());
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:1"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
    }
}
