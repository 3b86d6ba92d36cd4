//! Opening what the worker listens on, and saying clearly why it cannot be opened.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::{Resource, getrlimit, setrlimit};
use socket2::{Domain, Protocol, Socket, Type};

/// The longest path of the controller's socket in bytes; the system's own limit is 107, of which some is left for tools.
const MAX_SOCKET_PATH: usize = 100;

/// The wanted receive buffer of a media socket in bytes. At 100 Mbit/s this is 300 ms of packets while the thread is
/// busy; the system may give less (`net.core.rmem_max`).
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// The wanted send buffer of a media connection in bytes. Little, because what is in there is sent however late it is; the
/// rest waits where the oldest can still be dropped.
const TCP_SEND_BUFFER: usize = 64 * 1024;

/// How many connections the system keeps until they are accepted: what comes in the worst moment of the loop.
const TCP_BACKLOG: i32 = 256;

/// How many files a worker may have open, if the system lets it: every client that cannot use UDP takes some.
const OPEN_FILES: u64 = 8192;

/// How often a free port is tried on all addresses before giving up; on each try the first address's port may be taken on
/// another one.
const FREE_PORT_TRIES: usize = 20;

/// Why the worker did not start, and what to do about it.
#[derive(Debug)]
pub struct StartError(String);

impl StartError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// The controller's socket. The lock beside it is held as long as this lives, also against a worker started later.
#[derive(Debug)]
pub(crate) struct ControlSocket {
    pub(crate) listener: Option<UnixListener>,
    path: PathBuf,
    _lock: File,
}

impl ControlSocket {
    pub(crate) fn open(path: &Path) -> Result<Self, StartError> {
        let shown = path.display();
        let length = path.as_os_str().len();
        if length == 0 || length > MAX_SOCKET_PATH {
            return Err(StartError::new(format!(
                "the socket path has {length} bytes, at most {MAX_SOCKET_PATH} work everywhere; choose a shorter --socket"
            )));
        }
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let cannot_open = |error: io::Error| {
            StartError::new(format!(
                "cannot open {shown}: {error}; --socket must be in a directory that exists and is writable"
            ))
        };
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(cannot_open)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StartError::new(format!(
                    "another ringback-media already serves {shown}; stop it or choose another --socket"
                )));
            }
            Err(TryLockError::Error(error)) => return Err(cannot_open(error)),
        }
        // Under the lock, a socket that is there was left by a worker that is gone.
        match path.symlink_metadata() {
            Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path).map_err(cannot_open)?,
            Ok(_) => {
                return Err(StartError::new(format!(
                    "{shown} exists and is not a socket; remove it or choose another --socket"
                )));
            }
            Err(_) => {}
        }
        // From its first moment on the socket must be nobody else's.
        let before = rustix::process::umask(Mode::from_raw_mode(0o177));
        let bound = UnixListener::bind(path);
        rustix::process::umask(before);
        let listener = bound.map_err(cannot_open)?;
        listener.set_nonblocking(true).map_err(cannot_open)?;
        Ok(Self { listener: Some(listener), path: path.to_owned(), _lock: lock })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // The lock file stays: removing it would let two workers lock two files of one name.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Asks for as many open files as [`OPEN_FILES`]; with fewer, fewer clients can use TCP.
pub(crate) fn allow_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(OPEN_FILES, |maximum| maximum.min(OPEN_FILES));
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(wanted);
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, "cannot open more files than usual");
        }
    }
}

/// An address that ICE announces, and the one of this machine where what is sent to it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MediaAddress {
    /// What clients are told.
    pub announced: IpAddr,
    /// What is listened on: the same, unless a NAT translates one into the other.
    pub own: IpAddr,
}

/// The sockets of one of this machine's addresses.
pub(crate) struct OpenMedia {
    pub(crate) address: SocketAddr,
    pub(crate) udp: UdpSocket,
    pub(crate) listener: TcpListener,
}

/// Opens media sockets on each address, all on one port, so that it is known which address a datagram came to.
pub(crate) fn open_media(addresses: &[MediaAddress], port: u16) -> Result<Vec<OpenMedia>, StartError> {
    let mut own: Vec<IpAddr> = addresses.iter().map(|address| address.own).collect();
    own.sort_unstable();
    own.dedup();
    let mut tries = if port == 0 { FREE_PORT_TRIES } else { 1 };
    loop {
        tries -= 1;
        match open_on_one_port(&own, port) {
            Ok(sockets) => return Ok(sockets),
            Err(refused) if refused.error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err(refused) => return Err(explain(&refused)),
        }
    }
}

struct Refused {
    protocol: &'static str,
    address: SocketAddr,
    error: io::Error,
}

fn open_on_one_port(addresses: &[IpAddr], port: u16) -> Result<Vec<OpenMedia>, Refused> {
    let mut port = port;
    let mut sockets = Vec::with_capacity(addresses.len());
    for address in addresses {
        let address = SocketAddr::new(*address, port);
        let refused = |protocol| move |error| Refused { protocol, address, error };
        let udp = open_udp(address).map_err(refused("UDP"))?;
        let address = udp.local_addr().map_err(refused("UDP"))?;
        let listener = open_tcp(address).map_err(refused("TCP"))?;
        port = address.port();
        sockets.push(OpenMedia { address, udp, listener });
    }
    Ok(sockets)
}

fn open_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = open(address, Type::DGRAM, Protocol::UDP)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn open_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = open(address, Type::STREAM, Protocol::TCP)?;
    // A worker that is started again must not wait for the ends of the connections of the one before it.
    socket.set_reuse_address(true)?;
    // Connections have it from their listener.
    socket.set_send_buffer_size(TCP_SEND_BUFFER)?;
    socket.bind(&address.into())?;
    socket.listen(TCP_BACKLOG)?;
    Ok(socket.into())
}

fn open(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn explain(Refused { protocol, address, error }: &Refused) -> StartError {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program has it; stop that or choose another --udp-port (0 takes any free one)"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine does not have the address; give one of its own with --address, or --announce PUBLIC=OWN for one that a NAT translates"
        }
        io::ErrorKind::PermissionDenied => "ports below 1024 need rights; choose a higher --udp-port",
        _ => "choose another --udp-port or --address",
    };
    StartError::new(format!("cannot receive media on {protocol} {address}: {error}; {advice}"))
}
