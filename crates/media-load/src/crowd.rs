//! Many participants at once: each comes in by itself, stays, and goes, in a thread that mostly waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::dtls::Identity;
use crate::network::{Media, wall};
use crate::peer::{Checks, Part, Peer};
use crate::scenario::Invitation;

/// A participant's thread only waits for small messages.
const STACK: usize = 256 * 1024;

/// How long a guest may take until it hears somebody.
const HEARING_TIMEOUT: Duration = Duration::from_secs(20);

/// Where participants go: a node by its signaling, a worker alone, or another product.
pub(crate) trait Platform: Send + Sync {
    /// Brings a participant in, so far that its media connects.
    fn join(&self, entry: Entry<'_>) -> Result<Box<dyn Guest>>;

    /// How many connections a participant has.
    fn connections(&self, part: &Part) -> usize;

    /// Whether packets name their publication as CSRC.
    fn is_numbered(&self) -> bool;
}

/// A participant that has come in.
pub(crate) trait Guest: Send {
    /// Is there for about half a second. An error when the platform has ended it.
    fn stay(&mut self, media: &Media) -> Result<()>;

    /// Goes.
    fn leave(self: Box<Self>, media: &Media);
}

/// What somebody brings who comes in.
pub(crate) struct Entry<'a> {
    pub(crate) invitation: &'a Invitation,
    pub(crate) media: &'a Media,
    pub(crate) identity: &'a Arc<Identity>,
    pub(crate) checks: Checks,
    /// Where it tells when it heard somebody.
    pub(crate) heard: Option<Sender<Duration>>,
}

impl Entry<'_> {
    /// The participant's end of a connection.
    pub(crate) fn peer(&self) -> Peer {
        Peer::new(self.identity.clone(), self.invitation.part.clone(), self.checks)
    }
}

/// What everybody shares.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) platform: Arc<dyn Platform>,
    pub(crate) media: Media,
    pub(crate) identity: Arc<Identity>,
    pub(crate) checks: Checks,
}

impl Place {
    fn entry<'a>(&'a self, invitation: &'a Invitation, heard: Option<Sender<Duration>>) -> Entry<'a> {
        Entry { invitation, media: &self.media, identity: &self.identity, checks: self.checks, heard }
    }

    /// One visit: in, until somebody is heard, and out again. How long it took until then.
    pub(crate) fn visit(&self, invitation: &Invitation) -> Result<Duration> {
        let began = wall();
        let (heard, hearing) = mpsc::channel();
        let guest = self.platform.join(self.entry(invitation, Some(heard)))?;
        let heard = hearing.recv_timeout(HEARING_TIMEOUT);
        guest.leave(&self.media);
        Ok(heard.context("nobody was heard in time")?.saturating_sub(began))
    }
}

/// Participants that stay.
pub(crate) struct Crowd {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<()>>>,
}

impl Crowd {
    /// Brings everybody in, at most so many at the same time, in the order of the invitations.
    pub(crate) fn gather(
        place: &Place,
        invitations: Vec<Invitation>,
        parallel: usize,
        arrived: impl Fn(),
    ) -> Result<Self> {
        let (joined, joining) = mpsc::channel::<Result<()>>();
        let mut crowd = Self { stop: Arc::default(), threads: Vec::with_capacity(invitations.len()) };
        let mut waiting = 0;
        for invitation in invitations {
            if waiting >= parallel {
                crowd.expect(&joining, &arrived)?;
                waiting -= 1;
            }
            let (place, stop, joined) = (place.clone(), crowd.stop.clone(), joined.clone());
            let thread = std::thread::Builder::new().name(invitation.name.clone()).stack_size(STACK);
            crowd.threads.push(thread.spawn(move || take_part(&place, &invitation, &stop, &joined))?);
            waiting += 1;
        }
        for _ in 0..waiting {
            crowd.expect(&joining, &arrived)?;
        }
        Ok(crowd)
    }

    /// Lets everybody go; what went wrong meanwhile.
    pub(crate) fn dismiss(&mut self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.threads.drain(..).map(JoinHandle::join);
        ended
            .filter_map(|ended| match ended {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(format!("{error:#}")),
                Err(_) => Some("a participant's thread panicked".to_owned()),
            })
            .collect()
    }

    fn expect(&mut self, joining: &Receiver<Result<()>>, arrived: &impl Fn()) -> Result<()> {
        match joining.recv() {
            Ok(Ok(())) => arrived(),
            Ok(Err(error)) => {
                self.dismiss();
                return Err(error);
            }
            Err(_) => bail!("nobody is left"),
        }
        Ok(())
    }
}

fn take_part(place: &Place, invitation: &Invitation, stop: &AtomicBool, joined: &Sender<Result<()>>) -> Result<()> {
    let mut guest = match place.platform.join(place.entry(invitation, None)) {
        Ok(guest) => guest,
        Err(error) => {
            // Whoever gathers may have given up.
            let _ =
                joined.send(Err(error.context(format!("{} cannot come into {}", invitation.name, invitation.room))));
            return Ok(());
        }
    };
    let _ = joined.send(Ok(()));
    let stayed = stay(guest.as_mut(), place, stop);
    guest.leave(&place.media);
    stayed.with_context(|| format!("{} had to go", invitation.name))
}

fn stay(guest: &mut dyn Guest, place: &Place, stop: &AtomicBool) -> Result<()> {
    while !stop.load(Ordering::Relaxed) {
        guest.stay(&place.media)?;
    }
    Ok(())
}
