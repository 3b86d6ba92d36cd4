//! Session descriptions: writing ours, as short as the platform takes them, and reading the server's.

use std::fmt::Write;
use std::net::SocketAddr;

use anyhow::{Context, Result};

use crate::dtls::Role;
use crate::ice::Credentials;
use crate::incoming::Kind;
use crate::outgoing::{Outgoing, payload_type};
use crate::rtp::extension;

const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
const TRANSPORT_NUMBER: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";

/// What an m-line is for.
#[derive(Debug)]
pub(crate) enum Purpose<'a> {
    /// These streams are sent; several are layers of one picture.
    Send(Vec<&'a Outgoing>),
    Receive,
    Nothing,
}

/// An m-line that is written.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) kind: Kind,
    pub(crate) mid: String,
    pub(crate) purpose: Purpose<'a>,
}

/// Writes a description. `setup` is the DTLS role (RFC 8842): `actpass` in an offer. `version` grows with each (RFC 3264 §8).
pub(crate) fn write(local: &Credentials, fingerprint: &str, setup: &str, version: u32, lines: &[Line<'_>]) -> String {
    let mut sdp = String::with_capacity(512 * (lines.len() + 1));
    let mids: Vec<&str> = lines.iter().map(|line| line.mid.as_str()).collect();
    push(
        &mut sdp,
        format_args!("v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}", mids.join(" ")),
    );
    for line in lines {
        write_line(&mut sdp, line, local, fingerprint, setup);
    }
    sdp
}

fn write_line(sdp: &mut String, line: &Line<'_>, local: &Credentials, fingerprint: &str, setup: &str) {
    let Credentials { ufrag, password } = local;
    let (opus, vp8, repair) = (payload_type::OPUS, payload_type::VP8, payload_type::VP8_REPAIR);
    match line.kind {
        Kind::Audio => push(sdp, format_args!("m=audio 9 UDP/TLS/RTP/SAVPF {opus}")),
        Kind::Video => push(sdp, format_args!("m=video 9 UDP/TLS/RTP/SAVPF {vp8} {repair}")),
    }
    push(
        sdp,
        format_args!(
            "c=IN IP4 0.0.0.0\r\na=mid:{}\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n\
             a=fingerprint:sha-256 {fingerprint}\r\na=setup:{setup}\r\na=rtcp-mux\r\na=rtcp-rsize",
            line.mid
        ),
    );
    push(
        sdp,
        format_args!(
            "a=extmap:{} {TRANSPORT_NUMBER}\r\na=extmap:{} {MID}",
            extension::TRANSPORT_NUMBER,
            extension::MID
        ),
    );
    match line.kind {
        Kind::Audio => push(
            sdp,
            format_args!(
                "a=extmap:{} {AUDIO_LEVEL}\r\na=rtpmap:{opus} opus/48000/2\r\n\
                 a=fmtp:{opus} minptime=10;useinbandfec=1\r\na=rtcp-fb:{opus} transport-cc",
                extension::AUDIO_LEVEL
            ),
        ),
        Kind::Video => push(
            sdp,
            format_args!(
                "a=extmap:{} {RID}\r\na=extmap:{} {REPAIRED_RID}\r\na=rtpmap:{vp8} VP8/90000\r\n\
                 a=rtcp-fb:{vp8} transport-cc\r\na=rtcp-fb:{vp8} ccm fir\r\na=rtcp-fb:{vp8} nack\r\n\
                 a=rtcp-fb:{vp8} nack pli\r\na=rtpmap:{repair} rtx/90000\r\na=fmtp:{repair} apt={vp8}",
                extension::RID,
                extension::REPAIRED_RID
            ),
        ),
    }
    match &line.purpose {
        Purpose::Receive => push(sdp, format_args!("a=recvonly")),
        Purpose::Nothing => push(sdp, format_args!("a=inactive")),
        Purpose::Send(streams) => write_streams(sdp, streams),
    }
}

fn write_streams(sdp: &mut String, streams: &[&Outgoing]) {
    push(sdp, format_args!("a=sendonly\r\na=msid:- -"));
    let rids: Vec<&str> = streams.iter().filter_map(|stream| stream.rid()).collect();
    if rids.is_empty() {
        for stream in streams {
            push(sdp, format_args!("a=ssrc:{} cname:media-load", stream.ssrc));
            if let Some(repair) = stream.repair_ssrc() {
                push(
                    sdp,
                    format_args!("a=ssrc:{repair} cname:media-load\r\na=ssrc-group:FID {} {repair}", stream.ssrc),
                );
            }
        }
    } else {
        // Layers are told apart by their packets' extensions (RFC 8853), as browsers do.
        for rid in &rids {
            push(sdp, format_args!("a=rid:{rid} send"));
        }
        push(sdp, format_args!("a=simulcast:send {}", rids.join(";")));
    }
}

fn push(sdp: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = write!(sdp, "{text}\r\n");
}

/// What the server says of one m-line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RemoteLine {
    pub(crate) kind: Kind,
    pub(crate) mid: String,
    /// The SSRC that it sends, and that of its repetitions.
    pub(crate) ssrc: Option<u32>,
    pub(crate) repair_ssrc: Option<u32>,
}

/// The server's description.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) credentials: Credentials,
    pub(crate) fingerprint: String,
    /// Our role in DTLS.
    pub(crate) role: Role,
    /// Where it listens on UDP, in its own order.
    pub(crate) candidates: Vec<SocketAddr>,
    pub(crate) lines: Vec<RemoteLine>,
    /// The number of the transport-wide extension.
    pub(crate) transport_number: u8,
}

/// Reads the server's description.
pub(crate) fn parse(sdp: &str) -> Result<Remote> {
    let (mut ufrag, mut password, mut fingerprint) = (None, None, None);
    let mut remote = Remote {
        credentials: Credentials { ufrag: String::new(), password: String::new() },
        fingerprint: String::new(),
        role: Role::Client,
        candidates: Vec::new(),
        lines: Vec::new(),
        transport_number: extension::TRANSPORT_NUMBER,
    };
    for text in sdp.lines().map(str::trim_end) {
        let line = remote.lines.last_mut();
        if let Some(media) = text.strip_prefix("m=") {
            let kind = if media.starts_with("audio") { Kind::Audio } else { Kind::Video };
            remote.lines.push(RemoteLine { kind, mid: String::new(), ssrc: None, repair_ssrc: None });
        } else if let Some(value) = text.strip_prefix("a=ice-ufrag:") {
            ufrag.get_or_insert(value);
        } else if let Some(value) = text.strip_prefix("a=ice-pwd:") {
            password.get_or_insert(value);
        } else if let Some(value) = text.strip_prefix("a=fingerprint:") {
            fingerprint = fingerprint.or(value.split_once(' '));
        } else if let Some(value) = text.strip_prefix("a=setup:") {
            // Who is free to choose is left the client's part, as RFC 5763 §5 wants of an answerer.
            remote.role = if value == "active" { Role::Server } else { Role::Client };
        } else if let Some(value) = text.strip_prefix("a=candidate:") {
            remote.candidates.extend(candidate(value).filter(|found| !remote.candidates.contains(found)));
        } else if let Some(value) = text.strip_prefix("a=extmap:") {
            if let Some((id, TRANSPORT_NUMBER)) = value.split_once(' ') {
                remote.transport_number = id.parse().context("an extension has no number")?;
            }
        } else if let (Some(value), Some(line)) = (text.strip_prefix("a=mid:"), line) {
            value.clone_into(&mut line.mid);
        } else if let (Some(value), Some(line)) = (text.strip_prefix("a=ssrc:"), remote.lines.last_mut()) {
            let ssrc = value.split(' ').next().and_then(|ssrc| ssrc.parse().ok());
            if line.ssrc.is_none() {
                line.ssrc = ssrc;
            } else if line.ssrc != ssrc {
                line.repair_ssrc = line.repair_ssrc.or(ssrc);
            }
        }
    }
    let (algorithm, fingerprint) = fingerprint.context("the server's SDP has no fingerprint")?;
    anyhow::ensure!(algorithm.eq_ignore_ascii_case("sha-256"), "the server's fingerprint is {algorithm}");
    fingerprint.clone_into(&mut remote.fingerprint);
    remote.credentials = Credentials {
        ufrag: ufrag.context("the server's SDP has no ice-ufrag")?.to_owned(),
        password: password.context("the server's SDP has no ice-pwd")?.to_owned(),
    };
    Ok(remote)
}

fn candidate(value: &str) -> Option<SocketAddr> {
    let mut words = value.split(' ');
    let transport = words.nth(2)?;
    let address = words.nth(1)?.parse().ok()?;
    let port = words.next()?.parse().ok()?;
    transport.eq_ignore_ascii_case("udp").then_some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_answer_is_read() {
        let remote = parse(
            "v=0\r\na=ice-lite\r\nm=audio 9 X 111\r\na=mid:0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\n\
             a=fingerprint:sha-256 AA:BB\r\na=setup:active\r\na=candidate:1 1 udp 2130706175 127.0.0.1 40000 typ host\r\n\
             a=candidate:2 1 tcp 2130706175 127.0.0.1 40001 typ host tcptype passive\r\n\
             m=video 9 X 96\r\na=mid:1\r\na=ice-ufrag:u\r\na=candidate:1 1 udp 2130706175 127.0.0.1 40000 typ host\r\n\
             a=ssrc:5 cname:c\r\na=ssrc:5 msid:a b\r\na=ssrc:6 cname:c\r\n",
        )
        .unwrap();
        assert_eq!(remote.credentials, Credentials { ufrag: "u".to_owned(), password: "p".to_owned() });
        assert_eq!((remote.role, remote.fingerprint.as_str()), (Role::Server, "AA:BB"));
        assert_eq!(remote.candidates, ["127.0.0.1:40000".parse::<SocketAddr>().unwrap()]);
        let lines: Vec<_> = remote.lines.iter().map(|line| (line.kind, line.ssrc, line.repair_ssrc)).collect();
        assert_eq!(lines, [(Kind::Audio, None, None), (Kind::Video, Some(5), Some(6))]);
    }

    #[test]
    fn an_answer_without_credentials_is_refused() {
        assert!(parse("v=0\r\nm=audio 9 X 111\r\na=fingerprint:sha-256 AA\r\n").is_err());
    }
}
