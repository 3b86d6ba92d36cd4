//! Whether a participant is absent: it was connected, and nothing is heard of it at the moment.

use std::time::{Duration, Instant};

/// After so long without a datagram a client is absent that was sending sound until then: even a muted microphone sends two
/// packets a second. Longer than Chromium waits between two checks of its path (2.5 s), in case the microphone was unplugged.
const SENDER_SILENCE: Duration = Duration::from_secs(3);

/// The same for a client that was sending no sound. Of one that receives nothing either only checks are heard: from Firefox
/// every 6 s at most (RFC 7675, section 5.1), and one may be lost. Longer shows people who are gone.
const LISTENER_SILENCE: Duration = Duration::from_secs(10);

/// Who sent sound within this before the last datagram was sending it. Longer than the gaps of a muted microphone, 400 ms.
const SOUND_GAP: Duration = Duration::from_secs(1);

/// What is remembered of a participant to know whether it is there.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    was_connected: bool,
    sounded: Option<Instant>,
}

impl Presence {
    /// The participant is connected, perhaps again.
    pub(crate) fn note_connected(&mut self) {
        self.was_connected = true;
    }

    /// A packet of its microphone came.
    pub(crate) fn note_sound(&mut self, now: Instant) {
        self.sounded = Some(now);
    }

    /// Whether it is absent, by when its last datagram came over the connection that it has; None if it has none.
    pub(crate) fn is_absent(&self, heard: Option<Instant>, now: Instant) -> bool {
        let Some(heard) = heard else {
            return self.was_connected;
        };
        let was_sending = self.sounded.is_some_and(|at| heard.saturating_duration_since(at) < SOUND_GAP);
        now.saturating_duration_since(heard) >= if was_sending { SENDER_SILENCE } else { LISTENER_SILENCE }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Virtual time has to begin somewhere.
mod tests {
    use super::*;

    const fn after(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn nobody_is_absent_who_never_was_there() {
        let mut presence = Presence::default();
        let now = Instant::now();
        assert!(!presence.is_absent(None, now));
        presence.note_connected();
        assert!(presence.is_absent(None, now));
        assert!(!presence.is_absent(Some(now), now));
    }

    #[test]
    fn who_was_sending_sound_is_absent_sooner() {
        let mut presence = Presence::default();
        let now = Instant::now();
        presence.note_sound(now);
        let heard = Some(now + after(900));
        assert!(!presence.is_absent(heard, now + after(3_899)));
        assert!(presence.is_absent(heard, now + after(3_900)));
    }

    #[test]
    fn who_was_only_listening_may_be_silent_between_the_checks_of_its_path() {
        let mut presence = Presence::default();
        let now = Instant::now();
        presence.note_sound(now);
        let heard = Some(now + after(1_100));
        assert!(!presence.is_absent(heard, now + after(11_099)));
        assert!(presence.is_absent(heard, now + after(11_100)));
    }
}
