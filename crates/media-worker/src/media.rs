//! The sockets that media comes and goes by.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use media_core::{FiveTuple, Protocol, Worker};
use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};

use crate::segments::{self, Refused, Segments};
use crate::sockets::{MediaAddress, OpenMedia};
use crate::tcp::TcpMedia;

/// The largest datagram that is looked at, in bytes; WebRTC's stay below an Ethernet frame.
pub(crate) const MAX_DATAGRAM: usize = 2000;

/// How many datagrams are taken from one socket before the others get a turn and what is due is sent. One turn of this
/// many takes below a millisecond, which bounds the delay that a flood on one socket puts on everything else.
const DATAGRAMS_PER_TURN: usize = 64;

/// Which tokens the sockets get: more of each sort than there are addresses, and TCP connections above all.
const FIRST_UDP: usize = 1 << 10;
const FIRST_LISTENER: usize = 1 << 11;
const FIRST_OTHER: usize = 1 << 12;
const FIRST_CONNECTION: usize = usize::MAX / 2;

struct UdpMedia {
    /// The address as it is announced.
    announced: SocketAddr,
    socket: UdpSocket,
    /// Whether there may be more to read.
    ready: bool,
    /// Whether several datagrams may be sent in one call.
    segments: bool,
}

/// All of them.
pub(crate) struct MediaSockets {
    announced: Vec<SocketAddr>,
    udp: Vec<UdpMedia>,
    tcp: TcpMedia,
}

impl MediaSockets {
    /// Watches the opened sockets. What arrives at one is taken to have come to the first address that is announced for
    /// it: behind a NAT nobody can tell.
    pub(crate) fn watch(
        opened: Vec<OpenMedia>,
        addresses: &[MediaAddress],
        registry: &Registry,
        now: Instant,
    ) -> io::Result<Self> {
        let mut tcp = TcpMedia::new(registry.try_clone()?, FIRST_CONNECTION, now);
        let mut udp = Vec::with_capacity(opened.len());
        let mut announced = Vec::with_capacity(addresses.len());
        for (number, OpenMedia { address, udp: socket, listener }) in opened.into_iter().enumerate() {
            let first = announced.len();
            let of_this = addresses.iter().filter(|candidate| candidate.own == address.ip());
            announced.extend(of_this.map(|candidate| SocketAddr::new(candidate.announced, address.port())));
            let known_as = announced.get(first).copied().unwrap_or(address);
            let mut socket = UdpSocket::from_std(socket);
            registry.register(&mut socket, Token(FIRST_UDP + number), Interest::READABLE)?;
            udp.push(UdpMedia { announced: known_as, socket, ready: true, segments: true });
            tcp.listen(listener, known_as, Token(FIRST_LISTENER + number))?;
        }
        Ok(Self { announced, udp, tcp })
    }

    /// Where clients are told to send.
    pub(crate) fn announced(&self) -> &[SocketAddr] {
        &self.announced
    }

    /// Something happened on a socket. False if the token is of none of these.
    pub(crate) fn wake(&mut self, token: usize) -> bool {
        match token {
            FIRST_CONNECTION.. => self.tcp.wake(token),
            FIRST_OTHER.. => return false,
            FIRST_LISTENER.. => self.tcp.wake_listener(token - FIRST_LISTENER),
            FIRST_UDP.. => {
                if let Some(media) = self.udp.get_mut(token - FIRST_UDP) {
                    media.ready = true;
                }
            }
            _ => return false,
        }
        true
    }

    /// Whether there may be something to read now.
    pub(crate) fn is_ready(&self) -> bool {
        self.udp.iter().any(|media| media.ready) || self.tcp.is_ready()
    }

    /// When [`MediaSockets::sweep`] is wanted next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.tcp.deadline()
    }

    /// Ends what has taken too long.
    pub(crate) fn sweep(&mut self, now: Instant) {
        self.tcp.sweep(now);
    }

    /// Hands what has arrived to the core, and sends what that brings about.
    pub(crate) fn receive(&mut self, worker: &mut Worker) {
        let mut buffer = [0; MAX_DATAGRAM];
        for number in 0..self.udp.len() {
            for _ in 0..DATAGRAMS_PER_TURN {
                let media = &mut self.udp[number];
                if !media.ready {
                    break;
                }
                match media.socket.recv_from(&mut buffer) {
                    // A full buffer may be the beginning of a larger datagram, which is not WebRTC.
                    Ok((length, client)) if length < MAX_DATAGRAM => {
                        let tuple = FiveTuple { protocol: Protocol::Udp, worker: media.announced, client };
                        worker.receive(tuple, &buffer[..length], Instant::now());
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => media.ready = false,
                    Ok(_) => worker.note_oversized(),
                    // Interrupted, or the system passing on that an earlier datagram was not wanted.
                    Err(_) => {}
                }
            }
            self.send(worker);
        }
        self.tcp.receive(worker, Instant::now());
        self.send(worker);
    }

    /// Sends all that the core wants sent.
    pub(crate) fn send(&mut self, worker: &mut Worker) {
        let now = Instant::now();
        let mut segments = Segments::default();
        while let Some(datagram) = worker.poll_datagram(now) {
            match datagram.tuple.protocol {
                Protocol::Udp => {
                    if let Some(other) = segments.take(datagram) {
                        self.send_udp(&mut segments, worker);
                        segments.take(other);
                    }
                }
                Protocol::Tcp => self.tcp.send(&datagram),
            }
        }
        self.send_udp(&mut segments, worker);
    }

    fn send_udp(&mut self, segments: &mut Segments, worker: &mut Worker) {
        let Some(FiveTuple { worker: from, client, .. }) = segments.as_slice().first().map(|first| first.tuple) else {
            return;
        };
        let Some(media) = self.udp.iter_mut().find(|media| media.announced == from) else {
            segments.drain().for_each(drop);
            return;
        };
        if media.segments && segments.as_slice().len() > 1 {
            let sent = segments::send(&media.socket, segments.as_slice(), client);
            match sent.as_ref().err().and_then(segments::refused) {
                Some(Refused::All) => {
                    tracing::info!("datagrams are sent one by one from now on");
                    media.segments = false;
                }
                Some(Refused::These) => {}
                None => {
                    let count = segments.drain().count();
                    if let Err(error) = sent {
                        note_unsent(&error, count, worker);
                    }
                    return;
                }
            }
        }
        for datagram in segments.drain() {
            if let Err(error) = media.socket.send_to(&datagram.contents, client) {
                note_unsent(&error, 1, worker);
            }
        }
    }
}

/// What is not sent is like a loss on the way: whoever needs it asks again.
fn note_unsent(error: &io::Error, count: usize, worker: &mut Worker) {
    tracing::trace!(error = %error.kind(), count, "datagrams not sent");
    worker.note_unsent(count as u64);
}
