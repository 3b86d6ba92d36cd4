//! Who comes, into which rooms, and with what: the shapes that load has.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;

use crate::outgoing::{Layer, Turns};
use crate::peer::Part;
use crate::trace::Quality;

/// One participant and its room.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    pub(crate) room: String,
    pub(crate) name: String,
    pub(crate) part: Part,
}

/// The shape of the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Rooms in which everybody shows and speaks.
    Rooms { participants: usize, rooms: usize },
    /// One shows and speaks, the others watch.
    Broadcast { subscribers: usize },
    /// Some speak in turn, the others listen; nobody shows.
    Audio { speakers: usize, listeners: usize },
    /// People come, hear somebody, and go; so many in all, so many at a time.
    Joins { count: usize, parallel: usize },
}

/// What is sent and received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tracks {
    pub(crate) quality: Quality,
    /// Whether cameras send three layers.
    pub(crate) simulcast: bool,
    pub(crate) audio_slots: usize,
    pub(crate) video_slots: usize,
    /// Whether more video slots are offered when the server says so.
    pub(crate) grows: bool,
}

/// How often each packet of a microphone and of a camera shall arrive somewhere, on the average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Copies {
    pub(crate) speech: f64,
    pub(crate) pictures: f64,
}

/// The most video slots that a client is ever asked for.
const MAX_VIDEO_SLOTS: usize = 49;

impl Copies {
    /// What follows from who comes. None if only the server knows: which of several layers it forwards.
    pub(crate) fn of(invitations: &[Invitation]) -> Option<Self> {
        if invitations.iter().any(|invitation| invitation.part.camera.len() > 1) {
            return None;
        }
        let mut rooms: BTreeMap<&str, Vec<&Part>> = BTreeMap::new();
        for invitation in invitations {
            rooms.entry(&invitation.room).or_default().push(&invitation.part);
        }
        let copies = |publishes: fn(&Part) -> bool, slots: fn(&Part) -> usize| {
            let (mut publishers, mut received) = (0, 0);
            for parts in rooms.values() {
                let publish = parts.iter().filter(|part| publishes(part)).count();
                publishers += publish;
                received +=
                    parts.iter().map(|part| slots(part).min(publish - usize::from(publishes(part)))).sum::<usize>();
            }
            received as f64 / publishers.max(1) as f64
        };
        Some(Self {
            speech: copies(|part| part.microphone.is_some(), |part| part.audio_slots),
            pictures: copies(
                |part| !part.camera.is_empty(),
                |part| if part.grows { MAX_VIDEO_SLOTS } else { part.video_slots },
            ),
        })
    }
}

/// Guests that are in a room of [`Shape::Joins`] at once, beside its host. Three fit into every room.
const GUESTS: usize = 3;

impl Shape {
    /// Those who come first and stay.
    pub(crate) fn invitations(self, run: &str, tracks: Tracks) -> Result<Vec<Invitation>> {
        let camera = camera(tracks)?;
        let invitation = |room: usize, place: usize, speaks: Option<Turns>, shows: bool| Invitation {
            room: format!("{run}-{room}"),
            name: format!("{run}-{room}-{place}"),
            part: Part {
                microphone: speaks,
                camera: if shows { camera.clone() } else { Vec::new() },
                audio_slots: tracks.audio_slots,
                video_slots: tracks.video_slots,
                grows: tracks.grows,
            },
        };
        let turns = |place: usize, of: usize| Some(Turns { place: place as u32, of: of as u32 });
        Ok(match self {
            Self::Rooms { participants, rooms } => (0..rooms)
                .flat_map(|room| (0..participants).map(move |place| (room, place)))
                .map(|(room, place)| invitation(room, place, turns(place, participants), true))
                .collect(),
            Self::Broadcast { subscribers } => {
                let mut publisher = invitation(0, 0, turns(0, 1), true);
                let part = &mut publisher.part;
                (part.audio_slots, part.video_slots, part.grows) = (0, 0, false);
                std::iter::once(publisher)
                    .chain((1..=subscribers).map(|place| invitation(0, place, None, false)))
                    .collect()
            }
            Self::Audio { speakers, listeners } => (0..speakers + listeners)
                .map(|place| invitation(0, place, turns(place, speakers).filter(|_| place < speakers), false))
                .collect(),
            Self::Joins { parallel, .. } => {
                (0..parallel.div_ceil(GUESTS)).map(|room| invitation(room, 0, turns(0, 1), false)).collect()
            }
        })
    }

    /// The invitation of a guest: the `visit`-th of the `visitor`-th of those who come at the same time.
    pub(crate) fn guest(run: &str, visitor: usize, visit: usize, tracks: Tracks) -> Invitation {
        let part = Part {
            // Silent most of the time, and never the host's turn.
            microphone: Some(Turns { place: 1, of: 2 }),
            camera: Vec::new(),
            audio_slots: tracks.audio_slots,
            video_slots: tracks.video_slots,
            grows: tracks.grows,
        };
        Invitation { room: format!("{run}-{}", visitor / GUESTS), name: format!("{run}-guest-{visitor}-{visit}"), part }
    }
}

/// What cameras send. Three layers have their own recordings, of which the highest is the wanted one.
fn camera(tracks: Tracks) -> Result<Vec<Layer>> {
    if tracks.simulcast {
        let layers = [("l", Quality::Low), ("m", Quality::Medium), ("h", Quality::High)];
        layers
            .map(|(rid, quality)| Ok(Layer { rid: Some(rid), trace: Arc::new(quality.trace()?) }))
            .into_iter()
            .collect()
    } else {
        Ok(vec![Layer { rid: None, trace: Arc::new(tracks.quality.trace()?) }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACKS: Tracks =
        Tracks { quality: Quality::Low, simulcast: false, audio_slots: 3, video_slots: 4, grows: false };

    fn publishers(shape: Shape) -> (usize, usize, usize) {
        let invitations = shape.invitations("t", TRACKS).unwrap();
        let speak = invitations.iter().filter(|invitation| invitation.part.microphone.is_some()).count();
        let show = invitations.iter().filter(|invitation| !invitation.part.camera.is_empty()).count();
        (invitations.len(), speak, show)
    }

    #[test]
    fn who_comes_follows_from_the_shape() {
        assert_eq!(publishers(Shape::Rooms { participants: 4, rooms: 2 }), (8, 8, 8));
        assert_eq!(publishers(Shape::Broadcast { subscribers: 5 }), (6, 1, 1));
        assert_eq!(publishers(Shape::Audio { speakers: 2, listeners: 5 }), (7, 2, 0));
        assert_eq!(publishers(Shape::Joins { count: 9, parallel: 4 }), (2, 2, 0));
    }

    #[test]
    fn names_are_unique_and_guests_share_a_hosts_room() {
        let invitations = Shape::Rooms { participants: 3, rooms: 2 }.invitations("t", TRACKS).unwrap();
        let names: std::collections::HashSet<_> = invitations.iter().map(|invitation| &invitation.name).collect();
        assert_eq!(names.len(), 6);
        let hosts = Shape::Joins { count: 9, parallel: 4 }.invitations("t", TRACKS).unwrap();
        assert_eq!(Shape::guest("t", 3, 0, TRACKS).room, hosts[1].room);
    }

    #[test]
    fn what_shall_arrive_follows_from_who_publishes_and_who_has_slots() {
        let copies = |shape: Shape, tracks| Copies::of(&shape.invitations("t", tracks).unwrap());
        let of = |speech, pictures| Some(Copies { speech, pictures });
        assert_eq!(copies(Shape::Broadcast { subscribers: 100 }, TRACKS), of(100.0, 100.0));
        assert_eq!(copies(Shape::Audio { speakers: 10, listeners: 490 }, TRACKS), of(150.0, 0.0));
        let rooms = Shape::Rooms { participants: 10, rooms: 2 };
        assert_eq!(copies(rooms, TRACKS), of(3.0, 4.0));
        assert_eq!(copies(rooms, Tracks { grows: true, ..TRACKS }), of(3.0, 9.0));
        assert_eq!(copies(rooms, Tracks { simulcast: true, ..TRACKS }), None);
    }

    #[test]
    fn simulcast_sends_three_layers() {
        let tracks = Tracks { simulcast: true, ..TRACKS };
        let invitations = Shape::Broadcast { subscribers: 0 }.invitations("t", tracks).unwrap();
        let rids: Vec<_> = invitations[0].part.camera.iter().map(|layer| layer.rid).collect();
        assert_eq!(rids, [Some("l"), Some("m"), Some("h")]);
    }
}
