//! What an offer must be before str0m may see it, and the roles of its m-lines.
//!
//! Everything here is plain text work without a transport: it can run on another thread than the room's. It finds what
//! would make str0m fail halfway (and so leave a running transport half changed) or panic, and it takes out what this
//! version does not use: candidates (the worker sends only to addresses that prove themselves by STUN), restrictions of
//! layers, and the sending half of slots and receiving half of sources.

use std::collections::HashMap;

use crate::command::{CommandError, ErrorCode, Kind, Source};
use crate::red;
use crate::slot::SlotKey;

/// The largest offer in bytes. An untrimmed Chromium offer of 64 m-lines is about 200 KiB, a trimmed one 60 KiB; parsing
/// is the slowest thing a join does, so the limit also bounds how long one client can keep the others waiting.
pub const MAX_OFFER_BYTES: usize = 128 * 1024;

/// The largest number of m-lines: 49 video slots, the audio slots and the sources fit, with room to spare.
pub const MAX_OFFER_LINES: usize = 64;

/// The longest mid in bytes; str0m cuts longer ones off, and two mids cut to the same one would be confused.
const MAX_MID_BYTES: usize = 16;

/// The largest number of simulcast layers.
pub const MAX_LAYERS: usize = 3;

/// The longest name of a layer in bytes; str0m cuts longer ones off.
const MAX_RID_BYTES: usize = 8;

/// The header extension without which a client cannot report the arrival of packets.
const TRANSPORT_WIDE_NUMBERS: &str = "transport-wide-cc-extensions-01";

/// Payload types that mean a codec without being told (RFC 3551 §6), as str0m knows them.
const STATIC_PAYLOAD_TYPES: [(&str, &str); 4] =
    [("0", "pcmu/8000"), ("8", "pcma/8000"), ("9", "g722/8000"), ("13", "cn/8000")];

/// The header extensions and the feedback that are used. A browser offers a dozen extensions in each m-line and five kinds of
/// feedback for each of its codecs, and each line costs time in every join.
const EXTENSIONS: [&str; 6] = [
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "urn:3gpp:video-orientation",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
];

const FEEDBACK: [&str; 3] = ["nack", "nack pli", "transport-cc"];

/// What an m-line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The client sends here.
    Source(Source),
    /// The client receives here.
    Slot(SlotKey),
    /// Data channels.
    Data,
}

/// An m-line of an accepted offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) mid: String,
    pub(crate) role: Role,
    /// The names of its simulcast layers, in the order of the offer; empty without simulcast.
    pub(crate) rids: Vec<String>,
}

/// An offer that kept the rules, in the form str0m is to see.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CheckedOffer {
    pub(crate) sdp: String,
    pub(crate) lines: Vec<Line>,
    /// Whether the client wants to send little while its microphone is silent.
    pub(crate) dtx: bool,
    /// Whether the client reports which packets arrived when.
    pub(crate) reports_arrival: bool,
}

/// Checks an offer and prepares it for str0m.
pub(crate) fn check(sdp: &str) -> Result<CheckedOffer, CommandError> {
    if sdp.len() > MAX_OFFER_BYTES {
        return Err(CommandError::new(
            ErrorCode::OfferTooLarge,
            format!("the offer has {} bytes, at most {MAX_OFFER_BYTES} are taken", sdp.len()),
        ));
    }
    let sections = split(sdp);
    let (session, media) = sections.split_first().ok_or_else(|| invalid("the offer is empty"))?;
    if media.len() > MAX_OFFER_LINES {
        return Err(CommandError::new(
            ErrorCode::OfferTooLarge,
            format!("the offer has {} m-lines, at most {MAX_OFFER_LINES} are taken", media.len()),
        ));
    }
    if media.is_empty() {
        return Err(invalid("the offer has no m-lines"));
    }
    check_payload_types(media)?;
    check_extensions(&sections)?;
    let lines = roles(media)?;
    check_bundle(session, &lines)?;

    let default = direction(session).unwrap_or(Direction::SendRecv);
    let mut prepared = String::with_capacity(sdp.len());
    for line in session.iter().filter(|line| !is_dropped(line) && Direction::parse(line).is_none()) {
        push(&mut prepared, line);
    }
    for (section, line) in media.iter().zip(&lines) {
        prepare_section(&mut prepared, section, line, default)?;
    }
    let microphone = media.iter().zip(&lines).find(|(_, line)| line.role == Role::Source(Source::Microphone));
    let dtx = microphone.is_some_and(|(section, _)| section.iter().any(|line| wants_dtx(line)));
    let reports_arrival = media.iter().flatten().any(|line| line.contains(TRANSPORT_WIDE_NUMBERS));
    Ok(CheckedOffer { sdp: prepared, lines, dtx, reports_arrival })
}

/// Checks that a re-offer keeps the m-lines of the offer before: lines may be added, never removed, moved or re-used.
pub(crate) fn check_continues(before: &[Line], now: &[Line]) -> Result<(), CommandError> {
    if now.len() < before.len() {
        return Err(invalid("the re-offer has fewer m-lines than the offer before"));
    }
    if before.iter().zip(now).any(|(before, now)| before != now) {
        return Err(invalid("the re-offer changes the mid, the role or the layers of an m-line"));
    }
    Ok(())
}

pub(crate) fn invalid(message: impl Into<String>) -> CommandError {
    CommandError::new(ErrorCode::OfferInvalid, message)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    fn parse(line: &str) -> Option<Self> {
        match line {
            "a=sendrecv" => Some(Self::SendRecv),
            "a=sendonly" => Some(Self::SendOnly),
            "a=recvonly" => Some(Self::RecvOnly),
            "a=inactive" => Some(Self::Inactive),
            _ => None,
        }
    }
}

/// The lines of the session part, then those of each m-line.
fn split(sdp: &str) -> Vec<Vec<&str>> {
    let mut sections = vec![Vec::new()];
    for line in sdp.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        if line.starts_with("m=") {
            sections.push(Vec::new());
        }
        if let Some(section) = sections.last_mut() {
            section.push(line);
        }
    }
    sections
}

fn roles(media: &[Vec<&str>]) -> Result<Vec<Line>, CommandError> {
    let (mut audio, mut video, mut data) = (0u16, 0u16, 0u16);
    let mut lines: Vec<Line> = Vec::with_capacity(media.len());
    for section in media {
        let kind = section[0].strip_prefix("m=").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        let role = match kind {
            "audio" => next_role(&mut audio, Kind::Audio, &[Source::Microphone]),
            "video" => next_role(&mut video, Kind::Video, &[Source::Camera, Source::Screen]),
            "application" if data == 0 => {
                data += 1;
                Role::Data
            }
            _ => return Err(invalid("an m-line is neither audio nor video nor the one for data channels")),
        };
        let mid = attribute(section, "a=mid:").ok_or_else(|| invalid("an m-line has no mid"))?;
        if mid.is_empty() || mid.len() > MAX_MID_BYTES || !mid.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(invalid("a mid is not 1 to 16 visible ASCII characters"));
        }
        if lines.iter().any(|line| line.mid == mid) {
            return Err(invalid("two m-lines have the same mid"));
        }
        let rids = rids(section)?;
        if !rids.is_empty() && role != Role::Source(Source::Camera) {
            return Err(invalid("only the camera is sent in layers"));
        }
        lines.push(Line { mid: mid.to_owned(), role, rids });
    }
    Ok(lines)
}

/// The layers of an m-line in the order of `a=simulcast` (RFC 8853 §5.1), each of which has its `a=rid` (RFC 8851 §4). A single
/// layer is none: its packets need no name.
fn rids(section: &[&str]) -> Result<Vec<String>, CommandError> {
    let mut declared = Vec::new();
    for rid in section.iter().filter_map(|line| line.strip_prefix("a=rid:")) {
        match rid.split_ascii_whitespace().take(2).collect::<Vec<_>>()[..] {
            [rid, "send"] => declared.push(rid),
            _ => return Err(invalid("an a=rid is not one that is sent")),
        }
    }
    let simulcast: Vec<&str> = section.iter().filter_map(|line| line.strip_prefix("a=simulcast:")).collect();
    let listed: Vec<&str> = match simulcast[..] {
        [] if declared.len() <= 1 => declared.clone(),
        // A layer that is not sent at the moment is marked so.
        [list] => match list.split_ascii_whitespace().collect::<Vec<_>>()[..] {
            ["send", list] => list.split(';').map(|rid| rid.strip_prefix('~').unwrap_or(rid)).collect(),
            _ => return Err(invalid("an a=simulcast does more or less than send one list of layers")),
        },
        _ => return Err(invalid("an m-line with several a=rid has one a=simulcast")),
    };
    if listed.len() > MAX_LAYERS {
        return Err(invalid(format!("an m-line has {} layers, at most {MAX_LAYERS} are taken", listed.len())));
    }
    let is_name =
        |rid: &str| (1..=MAX_RID_BYTES).contains(&rid.len()) && rid.bytes().all(|b| b.is_ascii_alphanumeric());
    if !listed.iter().all(|rid| is_name(rid)) {
        return Err(invalid("the name of a layer is not 1 to 8 letters and digits"));
    }
    let (mut once, mut names) = (listed.clone(), declared);
    once.sort_unstable();
    once.dedup();
    names.sort_unstable();
    if once.len() != listed.len() || once != names {
        return Err(invalid("a=simulcast does not name each a=rid once"));
    }
    Ok(if listed.len() == 1 { Vec::new() } else { listed.into_iter().map(str::to_owned).collect() })
}

fn next_role(count: &mut u16, kind: Kind, sources: &[Source]) -> Role {
    let place = usize::from(*count);
    *count += 1;
    match sources.get(place) {
        Some(source) => Role::Source(*source),
        None => Role::Slot(SlotKey { kind, index: (place - sources.len()) as u16 }),
    }
}

/// All m-lines must be in one BUNDLE, in order. A stopped m-line leaves the BUNDLE, and so breaks the layout too.
fn check_bundle(session: &[&str], lines: &[Line]) -> Result<(), CommandError> {
    let bundle = attribute(session, "a=group:BUNDLE").ok_or_else(|| invalid("the offer has no BUNDLE group"))?;
    if bundle.split_ascii_whitespace().eq(lines.iter().map(|line| line.mid.as_str())) {
        Ok(())
    } else {
        Err(invalid("the BUNDLE group is not the list of all m-lines"))
    }
}

/// In one BUNDLE a payload type must mean one codec everywhere; str0m 0.23.1 panics when it does not.
fn check_payload_types(media: &[Vec<&str>]) -> Result<(), CommandError> {
    let mut codecs: HashMap<&str, String> = HashMap::new();
    let mut repaired: HashMap<&str, &str> = HashMap::new();
    for section in media {
        for payload_type in section[0].split_ascii_whitespace().skip(3) {
            let untold = || !section.iter().any(|line| is_rtpmap_of(line, payload_type));
            if let Some((_, codec)) = STATIC_PAYLOAD_TYPES.iter().find(|(known, _)| *known == payload_type)
                && untold()
            {
                codecs.insert(payload_type, (*codec).to_owned());
            }
        }
    }
    for line in media.iter().flatten() {
        if let Some((payload_type, codec)) = line.strip_prefix("a=rtpmap:").and_then(|rest| rest.split_once(' ')) {
            let codec = codec.trim().to_ascii_lowercase();
            if codecs.insert(payload_type, codec.clone()).is_some_and(|before| before != codec) {
                return Err(invalid(format!("payload type {payload_type} is used for two codecs")));
            }
        }
        if let Some((payload_type, format)) = line.strip_prefix("a=fmtp:").and_then(|rest| rest.split_once(' '))
            && let Some(main) = format.trim().strip_prefix("apt=")
            && repaired.insert(payload_type, main).is_some_and(|before| before != main)
        {
            return Err(invalid(format!("payload type {payload_type} repairs two payload types")));
        }
    }
    Ok(())
}

fn is_rtpmap_of(line: &str, payload_type: &str) -> bool {
    line.strip_prefix("a=rtpmap:").and_then(|rest| rest.split_once(' ')).is_some_and(|(known, _)| known == payload_type)
}

/// Likewise one header extension id must mean one extension everywhere.
fn check_extensions(sections: &[Vec<&str>]) -> Result<(), CommandError> {
    let mut extensions: HashMap<&str, &str> = HashMap::new();
    for line in sections.iter().flatten() {
        let mut words = line.strip_prefix("a=extmap:").unwrap_or_default().split_ascii_whitespace();
        if let (Some(id), Some(uri)) = (words.next(), words.next()) {
            let id = id.split('/').next().unwrap_or(id);
            if extensions.insert(id, uri).is_some_and(|before| before != uri) {
                return Err(invalid(format!("header extension id {id} is used for two extensions")));
            }
        }
    }
    Ok(())
}

fn prepare_section(out: &mut String, section: &[&str], line: &Line, default: Direction) -> Result<(), CommandError> {
    let wanted = direction(section).unwrap_or(default);
    let direction = match (line.role, wanted) {
        (Role::Data, _) => None,
        (_, Direction::Inactive) => Some("a=inactive"),
        (Role::Source(_), Direction::SendOnly | Direction::SendRecv) => Some("a=sendonly"),
        (Role::Slot(_), Direction::RecvOnly | Direction::SendRecv) => Some("a=recvonly"),
        (Role::Source(source), Direction::RecvOnly) => {
            return Err(invalid(format!("m-line {} is the {source:?} but only receives", line.mid)));
        }
        (Role::Slot(slot), Direction::SendOnly) => {
            return Err(invalid(format!("m-line {} is {slot} but only sends", line.mid)));
        }
    };
    let is_slot = matches!(line.role, Role::Slot(_));
    for text in section {
        // The client's own SSRCs belong to what it sends, which on a slot is nothing.
        let sends = text.starts_with("a=ssrc") || text.starts_with("a=msid:");
        if !is_dropped(text)
            && Direction::parse(text).is_none()
            && !(is_slot && sends)
            && let Some(text) = red::disguised(text)
        {
            push(out, &text);
        }
    }
    if let Some(direction) = direction {
        push(out, direction);
    }
    for rid in &line.rids {
        push(out, &format!("a=rid:{rid} send"));
    }
    if !line.rids.is_empty() {
        push(out, &format!("a=simulcast:send {}", line.rids.join(";")));
    }
    Ok(())
}

/// Opus's parameter (RFC 7587 §6.1), among others behind the payload type.
fn wants_dtx(line: &str) -> bool {
    let parameters = line.strip_prefix("a=fmtp:").and_then(|rest| rest.split_once(' '));
    parameters.is_some_and(|(_, parameters)| parameters.split(';').any(|parameter| parameter.trim() == "usedtx=1"))
}

fn is_dropped(line: &str) -> bool {
    let extension = line.strip_prefix("a=extmap:").and_then(|rest| rest.split_ascii_whitespace().nth(1));
    let feedback = line.strip_prefix("a=rtcp-fb:").and_then(|rest| rest.split_once(' '));
    extension.is_some_and(|uri| !EXTENSIONS.contains(&uri))
        || feedback.is_some_and(|(_, feedback)| !FEEDBACK.contains(&feedback))
        || ["a=candidate:", "a=end-of-candidates", "a=remote-candidates:", "a=simulcast:", "a=rid:"]
            .iter()
            .any(|prefix| line.starts_with(prefix))
}

fn direction(section: &[&str]) -> Option<Direction> {
    section.iter().find_map(|line| Direction::parse(line))
}

fn attribute<'a>(section: &[&'a str], prefix: &str) -> Option<&'a str> {
    section.iter().find_map(|line| line.strip_prefix(prefix)).map(str::trim)
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(lines: &[(&str, &str)]) -> String {
        let mids: Vec<String> = (0..lines.len()).map(|mid| mid.to_string()).collect();
        let mut sdp = format!("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n", mids.join(" "));
        for (mid, (kind, direction)) in lines.iter().enumerate() {
            let (payload_type, codec) = if *kind == "audio" { (111, "opus/48000/2") } else { (96, "VP8/90000") };
            sdp += &format!(
                "m={kind} 9 UDP/TLS/RTP/SAVPF {payload_type}\r\na=mid:{mid}\r\na={direction}\r\n\
                 a=rtpmap:{payload_type} {codec}\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
            );
        }
        sdp
    }

    fn code(sdp: &str) -> ErrorCode {
        check(sdp).unwrap_err().code
    }

    const LAYOUT: [(&str, &str); 6] = [
        ("audio", "sendonly"),
        ("video", "sendonly"),
        ("video", "inactive"),
        ("audio", "recvonly"),
        ("video", "sendrecv"),
        ("application", "sendrecv"),
    ];

    #[test]
    fn roles_follow_from_the_order_of_lines_of_a_kind() {
        let checked = check(&offer(&LAYOUT)).unwrap();
        let roles: Vec<Role> = checked.lines.iter().map(|line| line.role).collect();
        assert_eq!(
            roles,
            [
                Role::Source(Source::Microphone),
                Role::Source(Source::Camera),
                Role::Source(Source::Screen),
                Role::Slot(SlotKey { kind: Kind::Audio, index: 0 }),
                Role::Slot(SlotKey { kind: Kind::Video, index: 0 }),
                Role::Data,
            ]
        );
    }

    #[test]
    fn str0m_sees_neither_candidates_nor_the_unused_half_of_a_line() {
        let checked = check(&offer(&LAYOUT)).unwrap();
        assert!(!checked.sdp.contains("candidate"));
        assert_eq!(checked.sdp.matches("a=recvonly").count(), 2);
        assert!(!checked.sdp.contains("a=sendrecv"));
    }

    #[test]
    fn limits_come_first() {
        assert_eq!(code(&"a".repeat(MAX_OFFER_BYTES + 1)), ErrorCode::OfferTooLarge);
        let many = vec![("audio", "inactive"); MAX_OFFER_LINES + 1];
        assert_eq!(code(&offer(&many)), ErrorCode::OfferTooLarge);
        assert!(check(&offer(&many[1..])).is_ok());
    }

    #[test]
    fn broken_layouts_are_refused() {
        assert_eq!(code(""), ErrorCode::OfferInvalid);
        assert_eq!(code(&offer(&[("audio", "recvonly")])), ErrorCode::OfferInvalid);
        assert_eq!(code(&offer(&[("audio", "sendonly"), ("audio", "sendonly")])), ErrorCode::OfferInvalid);
        assert_eq!(code(&offer(&[("text", "sendonly")])), ErrorCode::OfferInvalid);
        let twice = [("application", "sendrecv"), ("application", "sendrecv")];
        assert_eq!(code(&offer(&twice)), ErrorCode::OfferInvalid);
        let good = offer(&LAYOUT);
        assert_eq!(code(&good.replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 1")), ErrorCode::OfferInvalid);
        assert_eq!(code(&good.replace("a=group:BUNDLE", "a=group:LS")), ErrorCode::OfferInvalid);
        assert_eq!(code(&good.replace("a=mid:1\r\n", "a=mid:0\r\n")), ErrorCode::OfferInvalid);
        assert_eq!(code(&good.replace("a=mid:1\r\n", "")), ErrorCode::OfferInvalid);
    }

    #[test]
    fn a_payload_type_means_one_codec() {
        let good = offer(&LAYOUT);
        assert_eq!(code(&good.replacen("a=rtpmap:96 VP8", "a=rtpmap:111 VP8", 1)), ErrorCode::OfferInvalid);
        let repairs = good.replacen("a=rtpmap:96", "a=fmtp:97 apt=96\r\na=fmtp:97 apt=98\r\na=rtpmap:96", 1);
        assert_eq!(code(&repairs), ErrorCode::OfferInvalid);
        let untold = good.replacen("SAVPF 111", "SAVPF 111 0", 1);
        assert!(check(&untold).is_ok(), "0 is PCMU without being told");
        assert!(check(&untold.replacen("a=rtpmap:111", "a=rtpmap:0 PCMU/8000\r\na=rtpmap:111", 1)).is_ok());
        assert_eq!(code(&untold.replace("a=rtpmap:96", "a=rtpmap:0")), ErrorCode::OfferInvalid);
        let extensions =
            good.replacen("a=rtpmap:96", "a=extmap:1 urn:a\r\na=extmap:1/sendonly urn:b\r\na=rtpmap:96", 1);
        assert_eq!(code(&extensions), ErrorCode::OfferInvalid);
    }

    #[test]
    fn a_re_offer_only_adds_lines() {
        let before = check(&offer(&LAYOUT[..4])).unwrap().lines;
        let more = check(&offer(&LAYOUT)).unwrap().lines;
        assert!(check_continues(&before, &more).is_ok());
        assert!(check_continues(&more, &before).is_err());
        let other = check(&offer(&LAYOUT[..3])).unwrap().lines;
        assert!(check_continues(&other, &[before[1].clone(), before[0].clone(), before[2].clone()]).is_err());
    }
}
