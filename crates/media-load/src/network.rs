//! The thread that has all sockets and clocks of media: one socket for each participant, as with real ones, because the
//! server tells them apart by their addresses.
//!
//! Arrival times come from the kernel with each datagram. So nothing is lost by looking only once per millisecond, and it
//! costs this side, which must stay cheaper than the server, a fraction of a wake-up per packet.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};

use crate::incoming::{Kind, Tally};
use crate::peer::{Now, Peer, Sent};
use crate::processes;
use crate::sdp::Remote;

/// How often sockets are looked at.
const PACE: Duration = Duration::from_millis(1);

/// What one read may bring: the kernel joins datagrams of a burst (GRO) up to this.
const READ: usize = 65_535;

/// The wanted receive buffer of a participant's socket: half a second of nine 720p slots.
const RECEIVE_BUFFER: usize = 1024 * 1024;

/// How many failures are told in words.
const FAILURES_TOLD: usize = 5;

/// The time since the Unix epoch, as the kernel stamps datagrams.
pub(crate) fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn now() -> Now {
    Now { wall: wall(), instant: Instant::now() }
}

/// Which participant.
pub(crate) type PeerId = usize;

enum Order {
    Add { id: PeerId, peer: Box<Peer>, server: SocketAddr, heard: Option<Sender<Duration>> },
    Map { id: PeerId, kind: Kind, index: usize, number: Option<u32> },
    OfferMore { id: PeerId, video_slots: usize, offer: Sender<String> },
    AddSlots { id: PeerId, answer: Remote },
    Remove { id: PeerId },
    Restart,
    Tally(Sender<Outcome>),
    Stop,
}

/// What a run has brought.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) sent: Sent,
    pub(crate) received: Tally,
    /// Datagrams for which our own sockets had no room.
    pub(crate) dropped: u64,
    /// Connections that were made in the place of lost ones.
    pub(crate) renewed: usize,
    /// Participants whose connection failed, in words.
    pub(crate) failures: Vec<String>,
}

/// Figures that may be looked at while it runs.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) connected: AtomicUsize,
    pub(crate) failed: AtomicUsize,
    /// Connections that were made in the place of lost ones.
    pub(crate) renewed: AtomicUsize,
    pub(crate) datagrams: AtomicU64,
}

/// The thread, from outside.
#[derive(Clone)]
pub(crate) struct Media {
    orders: Sender<Order>,
    next_id: Arc<AtomicUsize>,
    pub(crate) progress: Arc<Progress>,
}

impl Media {
    /// Starts the thread.
    pub(crate) fn start() -> Result<(Self, JoinHandle<Result<()>>)> {
        let (orders, receiver) = mpsc::channel();
        let progress = Arc::new(Progress::default());
        let mut network = Network::new(receiver, progress.clone())?;
        let thread = std::thread::Builder::new().name("media".to_owned()).spawn(move || network.run())?;
        Ok((Self { orders, next_id: Arc::default(), progress }, thread))
    }

    /// A participant connects to the server. The time at which it decrypts its first sound is sent to `heard`.
    pub(crate) fn add(&self, peer: Peer, server: SocketAddr, heard: Option<Sender<Duration>>) -> PeerId {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.order(Order::Add { id, peer: Box::new(peer), server, heard });
        id
    }

    /// A slot shows this publication from now on; or whichever the server finds, if none is named.
    pub(crate) fn map(&self, id: PeerId, kind: Kind, index: usize, number: Option<u32>) {
        self.order(Order::Map { id, kind, index, number });
    }

    /// A participant's next offer, with so many video slots.
    pub(crate) fn offer_more(&self, id: PeerId, video_slots: usize) -> Result<String> {
        let (offer, receiver) = mpsc::channel();
        self.order(Order::OfferMore { id, video_slots, offer });
        receiver.recv().context("the participant is not connected any more")
    }

    /// The answer to that.
    pub(crate) fn add_slots(&self, id: PeerId, answer: Remote) {
        self.order(Order::AddSlots { id, answer });
    }

    /// A participant is gone.
    pub(crate) fn remove(&self, id: PeerId) {
        self.order(Order::Remove { id });
    }

    /// Counts from here on.
    pub(crate) fn restart_counting(&self) {
        self.order(Order::Restart);
    }

    /// What was counted until now, and what failed.
    pub(crate) fn tally(&self) -> Result<Outcome> {
        let (outcome, receiver) = mpsc::channel();
        self.order(Order::Tally(outcome));
        receiver.recv().context("the media thread has ended")
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        self.order(Order::Stop);
    }

    fn order(&self, order: Order) {
        // A thread that has ended says why when it is joined.
        let _ = self.orders.send(order);
    }
}

struct Client {
    socket: UdpSocket,
    state: UdpSocketState,
    peer: Peer,
    heard: Option<Sender<Duration>>,
    scheduled: Duration,
    connected: bool,
}

struct Network {
    poll: Poll,
    orders: Receiver<Order>,
    clients: Vec<Option<Client>>,
    timers: BinaryHeap<Reverse<(Duration, PeerId)>>,
    buffer: Vec<u8>,
    progress: Arc<Progress>,
    failures: Vec<String>,
    dropped_before: u64,
}

impl Network {
    fn new(orders: Receiver<Order>, progress: Arc<Progress>) -> Result<Self> {
        Ok(Self {
            poll: Poll::new().context("the system has no poll")?,
            orders,
            clients: Vec::new(),
            timers: BinaryHeap::new(),
            buffer: vec![0; READ * BATCH_SIZE],
            progress,
            failures: Vec::new(),
            dropped_before: 0,
        })
    }

    fn run(&mut self) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        loop {
            let began = Instant::now();
            while let Ok(order) = self.orders.try_recv() {
                if matches!(order, Order::Stop) {
                    return Ok(());
                }
                self.obey(order);
            }
            match self.poll.poll(&mut events, Some(Duration::ZERO)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error.into()),
                _ => {}
            }
            for event in &events {
                self.receive(event.token().0);
            }
            self.tick();
            std::thread::sleep(PACE.saturating_sub(began.elapsed()));
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Add { id, peer, server, heard } => {
                if self.clients.len() <= id {
                    self.clients.resize_with(id + 1, || None);
                }
                match self.open(id, *peer, server, heard) {
                    Ok(client) => {
                        self.clients[id] = Some(client);
                        self.timers.push(Reverse((Duration::ZERO, id)));
                    }
                    Err(error) => self.fail(id, &error),
                }
            }
            Order::Map { id, kind, index, number } => {
                if let Some(Some(client)) = self.clients.get_mut(id) {
                    client.peer.map(kind, index, number);
                }
            }
            Order::Remove { id } => {
                if let Some(Some(mut client)) = self.clients.get_mut(id).map(Option::take) {
                    client.peer.close(now());
                    // A goodbye that cannot be sent is not missed.
                    let _ = flush(&mut client);
                    if client.connected {
                        self.progress.connected.fetch_sub(1, Ordering::Relaxed);
                    }
                }
            }
            Order::OfferMore { id, video_slots, offer } => {
                if let Some(Some(client)) = self.clients.get_mut(id) {
                    // Whoever wanted it may be gone.
                    let _ = offer.send(client.peer.offer_video_slots(video_slots));
                }
            }
            Order::AddSlots { id, answer } => {
                if let Some(Some(client)) = self.clients.get_mut(id) {
                    client.peer.add_slots(&answer);
                }
            }
            Order::Restart => {
                self.clients.iter_mut().flatten().for_each(|client| client.peer.restart_counting());
                self.dropped_before = self.dropped();
            }
            // Whoever wanted it may be gone.
            Order::Tally(outcome) => drop(outcome.send(self.tally())),
            Order::Stop => {}
        }
    }

    fn open(&self, id: PeerId, peer: Peer, server: SocketAddr, heard: Option<Sender<Duration>>) -> Result<Client> {
        let any: IpAddr = if server.is_ipv6() { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        let mut socket = UdpSocket::bind((any, 0).into()).context("no UDP socket can be opened")?;
        socket.connect(server).with_context(|| format!("no way to {server}"))?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket)).context("the UDP socket cannot be set up")?;
        // The system may give less.
        let _ = state.set_recv_buffer_size(UdpSockRef::from(&socket), RECEIVE_BUFFER);
        self.poll.registry().register(&mut socket, Token(id), Interest::READABLE)?;
        Ok(Client { socket, state, peer, heard, scheduled: Duration::ZERO, connected: false })
    }

    fn receive(&mut self, id: PeerId) {
        let Some(Some(client)) = self.clients.get_mut(id) else {
            return;
        };
        match read(client, &mut self.buffer, &self.progress) {
            Ok(()) => self.reschedule(id),
            Err(error) => self.fail(id, &error),
        }
    }

    fn tick(&mut self) {
        let began = wall();
        while let Some(Reverse((due, id))) = self.timers.peek().copied().filter(|Reverse((due, _))| *due <= began) {
            self.timers.pop();
            // Each at its own time: what others' packets took here is no delay of the server.
            let now = now();
            let Some(Some(client)) = self.clients.get_mut(id).filter(|client| is_scheduled(client.as_ref(), due))
            else {
                continue;
            };
            client.scheduled = Duration::MAX;
            match client.peer.tick(now).and_then(|()| flush(client)) {
                Ok(()) => self.reschedule(id),
                Err(error) => self.fail(id, &error),
            }
        }
    }

    fn reschedule(&mut self, id: PeerId) {
        let Some(Some(client)) = self.clients.get_mut(id) else {
            return;
        };
        let due = client.peer.deadline(now());
        if due != client.scheduled {
            client.scheduled = due;
            self.timers.push(Reverse((due, id)));
        }
        if !client.connected && client.peer.is_connected() {
            client.connected = true;
            self.progress.connected.fetch_add(1, Ordering::Relaxed);
        }
        if let (Some(at), Some(heard)) = (client.peer.heard, client.heard.take_if(|_| client.peer.heard.is_some())) {
            let _ = heard.send(at);
        }
    }

    fn fail(&mut self, id: PeerId, error: &anyhow::Error) {
        if let Some(Some(client)) = self.clients.get_mut(id).map(Option::take)
            && client.connected
        {
            self.progress.connected.fetch_sub(1, Ordering::Relaxed);
        }
        self.progress.failed.fetch_add(1, Ordering::Relaxed);
        if self.failures.len() < FAILURES_TOLD {
            self.failures.push(format!("{error:#}"));
        }
    }

    fn tally(&mut self) -> Outcome {
        let dropped = self.dropped().saturating_sub(self.dropped_before);
        let renewed = self.progress.renewed.load(Ordering::Relaxed);
        let failures = std::mem::take(&mut self.failures);
        let mut outcome = Outcome { dropped, renewed, failures, ..Outcome::default() };
        for client in self.clients.iter().flatten() {
            let (sent, received) = client.peer.tally();
            outcome.sent.add(sent);
            outcome.received.add(&received);
        }
        outcome
    }

    /// What the sockets that are open have dropped since they were opened.
    fn dropped(&self) -> u64 {
        let address = |client: &Client| client.socket.local_addr().ok();
        let ports: HashSet<u16> = self.clients.iter().flatten().filter_map(address).map(|own| own.port()).collect();
        processes::dropped_datagrams(&ports)
    }
}

fn is_scheduled(client: Option<&Client>, due: Duration) -> bool {
    client.is_some_and(|client| client.scheduled == due)
}

/// Takes everything that has arrived for a participant.
fn read(client: &mut Client, buffer: &mut [u8], progress: &Progress) -> Result<()> {
    loop {
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        let mut slices: Vec<IoSliceMut<'_>> = buffer.chunks_exact_mut(READ).map(IoSliceMut::new).collect();
        let read = match client.state.recv(UdpSockRef::from(&client.socket), &mut slices, &mut metas) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            // An earlier packet found nobody there: what a server that restarts brings about.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
            Err(error) => return Err(error).context("the UDP socket failed"),
        };
        let now = now();
        for (meta, joined) in metas.iter().zip(&slices).take(read) {
            let at = meta.timestamp.unwrap_or(now.wall);
            for datagram in joined[..meta.len].chunks(meta.stride.max(1)) {
                progress.datagrams.fetch_add(1, Ordering::Relaxed);
                client.peer.handle(datagram, at, now)?;
            }
        }
        flush(client)?;
        if read < BATCH_SIZE {
            return Ok(());
        }
    }
}

fn flush(client: &mut Client) -> Result<()> {
    for datagram in client.peer.out.drain(..) {
        match client.socket.send(&datagram) {
            Ok(_) => {}
            // A full buffer or an absent server loses packets, as networks do.
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::ConnectionRefused) => {}
            Err(error) => return Err(error).context("the UDP socket failed"),
        }
    }
    Ok(())
}
