//! Opening what the worker listens on, and saying clearly why it cannot be opened.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use socket2::{Domain, Protocol, Socket, Type};

/// The longest path of the controller's socket in bytes; the system's own limit is 107, of which some is left for tools.
const MAX_SOCKET_PATH: usize = 100;

/// The wanted receive buffer of a media socket in bytes. At 100 Mbit/s this is 300 ms of packets while the thread is
/// busy; the system may give less (`net.core.rmem_max`).
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

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

/// Opens a media socket on each address, all on one port, so that it is known which address a datagram came to.
pub(crate) fn open_media(addresses: &[IpAddr], port: u16) -> Result<Vec<std::net::UdpSocket>, StartError> {
    let mut tries = if port == 0 { FREE_PORT_TRIES } else { 1 };
    loop {
        tries -= 1;
        match open_on_one_port(addresses, port) {
            Ok(sockets) => return Ok(sockets),
            Err((_, error)) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err((address, error)) => return Err(explain(address, &error)),
        }
    }
}

fn open_on_one_port(addresses: &[IpAddr], port: u16) -> Result<Vec<std::net::UdpSocket>, (SocketAddr, io::Error)> {
    let mut port = port;
    let mut sockets = Vec::with_capacity(addresses.len());
    for address in addresses {
        let address = SocketAddr::new(*address, port);
        let socket = open_udp(address).map_err(|error| (address, error))?;
        port = socket.local_addr().map_err(|error| (address, error))?.port();
        sockets.push(socket);
    }
    Ok(sockets)
}

fn open_udp(address: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn explain(address: SocketAddr, error: &io::Error) -> StartError {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program has it; stop that or choose another --udp-port (0 takes any free one)"
        }
        io::ErrorKind::AddrNotAvailable => "this machine does not have the address; give one of its own with --address",
        io::ErrorKind::PermissionDenied => "ports below 1024 need rights; choose a higher --udp-port",
        _ => "choose another --udp-port or --address",
    };
    StartError::new(format!("cannot receive media on UDP {address}: {error}; {advice}"))
}
