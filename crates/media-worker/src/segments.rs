//! Datagrams that leave in one call: the system cuts what it is given into segments (`UDP_SEGMENT`, `udp(7)`), and goes through its
//! layers once for all of them. Pictures are why: a dozen packets of nearly one length for each receiver.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use media_core::Datagram;
use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrStorage, sendmsg};

/// How many segments the system takes in one call (`UDP_MAX_SEGMENTS` of Linux before 6.9; later ones take 128).
const MOST_SEGMENTS: usize = 64;

/// How many bytes it takes: what the length field of an IPv4 packet leaves.
const MOST_BYTES: usize = 65_507;

/// Datagrams from one of our addresses to one client, all of one length but the last, which may be shorter.
#[derive(Debug, Default)]
pub(crate) struct Segments(Vec<Datagram>);

impl Segments {
    /// Takes a datagram if it can leave in one call with what is here already; gives it back if not.
    pub(crate) fn take(&mut self, datagram: Datagram) -> Option<Datagram> {
        if let (Some(first), Some(last)) = (self.0.first(), self.0.last()) {
            let length = first.contents.len();
            let fits = datagram.tuple == first.tuple
                && last.contents.len() == length
                && datagram.contents.len() <= length
                && self.0.len() < MOST_SEGMENTS
                && (self.0.len() + 1) * length <= MOST_BYTES;
            if !fits {
                return Some(datagram);
            }
        }
        self.0.push(datagram);
        None
    }

    /// What was taken, which is then forgotten.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Datagram> {
        self.0.drain(..)
    }

    pub(crate) fn as_slice(&self) -> &[Datagram] {
        &self.0
    }
}

/// Sends datagrams of one client in one call.
pub(crate) fn send(socket: &impl AsRawFd, datagrams: &[Datagram], to: SocketAddr) -> io::Result<()> {
    let slices: Vec<IoSlice<'_>> = datagrams.iter().map(|datagram| IoSlice::new(&datagram.contents)).collect();
    let length = datagrams.first().map_or(0, |first| first.contents.len()) as u16;
    let to = SockaddrStorage::from(to);
    sendmsg(socket.as_raw_fd(), &slices, &[ControlMessage::UdpGsoSegments(&length)], MsgFlags::empty(), Some(&to))?;
    Ok(())
}

/// Datagrams that do not leave in one call, and may leave one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// These: on the way to this client packets of their length are cut, and segments cannot be.
    These,
    /// All: the network card behind the address cannot do it.
    All,
}

/// What an error says, if it is about sending in one call.
pub(crate) fn refused(error: &io::Error) -> Option<Refused> {
    match Errno::from_raw(error.raw_os_error()?) {
        Errno::EINVAL | Errno::EMSGSIZE => Some(Refused::These),
        Errno::EIO | Errno::EOPNOTSUPP | Errno::ENOPROTOOPT => Some(Refused::All),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use media_core::{FiveTuple, Protocol};

    use super::*;

    fn datagram(client: u16, length: usize) -> Datagram {
        let (worker, client) = (([127, 0, 0, 1], 1).into(), ([127, 0, 0, 1], client).into());
        Datagram { tuple: FiveTuple { protocol: Protocol::Udp, worker, client }, contents: vec![length as u8; length] }
    }

    /// How many of these are taken before one is given back.
    fn taken(lengths: impl IntoIterator<Item = usize>) -> usize {
        let mut segments = Segments::default();
        lengths.into_iter().take_while(|length| segments.take(datagram(2, *length)).is_none()).count()
    }

    #[test]
    fn all_are_of_one_length_but_the_last() {
        assert_eq!(taken([1000, 1000, 1000]), 3);
        assert_eq!(taken([1000, 1000, 900, 900]), 3, "a shorter one ends it");
        assert_eq!(taken([1000, 1001]), 1, "a longer one does not fit");
        assert_eq!(taken(std::iter::repeat_n(100, 100)), MOST_SEGMENTS);
        assert_eq!(taken(std::iter::repeat_n(2000, 100)), MOST_BYTES / 2000);
        let mut segments = Segments::default();
        assert!(segments.take(datagram(2, 100)).is_none());
        assert_eq!(segments.take(datagram(3, 100)), Some(datagram(3, 100)), "another client");
        assert_eq!(segments.drain().count(), 1);
        assert!(segments.take(datagram(3, 200)).is_none(), "it begins anew");
    }

    #[test]
    fn one_client_with_a_narrow_way_slows_down_nobody_else() {
        let of = |errno: Errno| refused(&io::Error::from(errno));
        assert_eq!(of(Errno::EINVAL), Some(Refused::These));
        assert_eq!(of(Errno::EIO), Some(Refused::All));
        assert_eq!(of(Errno::EAGAIN), None, "no room now, one by one either");
    }

    #[test]
    fn they_arrive_one_by_one() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        let sent = [datagram(2, 120), datagram(2, 120), datagram(2, 7)];
        send(&sender, &sent, receiver.local_addr().unwrap()).unwrap();
        let mut buffer = [0; 200];
        for datagram in sent {
            let length = receiver.recv(&mut buffer).unwrap();
            assert_eq!(buffer[..length], datagram.contents);
        }
    }
}
