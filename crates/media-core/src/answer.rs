//! The worker's own words in an answer: which stream a slot is and under which SSRC it comes.
//!
//! str0m gives every m-line a stream and SSRCs of its own choice. Here those of slots are replaced by ours, and those of
//! sources are taken out, because nothing is sent there.

use std::collections::HashMap;
use std::fmt::Write;

use crate::egress::SlotStream;
use crate::offer::{Line, Role};
use crate::red;
use crate::slot::SlotKey;

/// Rewrites str0m's answer. A slot without a stream (an inactive one) keeps no SSRC.
pub(crate) fn rewrite(answer: &str, lines: &[Line], streams: &HashMap<SlotKey, SlotStream>) -> String {
    let mut out = String::with_capacity(answer.len());
    let mut roles = lines.iter().map(|line| line.role);
    let mut stream = None;
    let mut opus = None;
    let mut is_source = false;
    for text in answer.lines() {
        opus = red::opus_payload_type(text).or(opus);
        if text.starts_with("m=") {
            push_stream(&mut out, stream.take());
            opus = None;
            let role = roles.next();
            is_source = matches!(role, Some(Role::Source(_)));
            stream = match role {
                Some(Role::Slot(slot)) => streams.get(&slot).map(|stream| (slot, stream)),
                _ => None,
            };
        }
        if text.starts_with("a=msid-semantic:") {
            out.push_str("a=msid-semantic: WMS *\r\n");
        } else if !text.starts_with("a=ssrc") && !text.starts_with("a=msid:") {
            out.push_str(&red::revealed(text, opus));
            out.push_str("\r\n");
            if let Some(opus) = red::opus_payload_type(text).filter(|_| is_source) {
                // Browsers do not offer it, but send again what is asked for when they are told to keep it (ADR 0029).
                let _ = write!(out, "a=rtcp-fb:{opus} nack\r\n");
            }
        }
    }
    push_stream(&mut out, stream);
    out
}

fn push_stream(out: &mut String, stream: Option<(SlotKey, &SlotStream)>) {
    let Some((slot, SlotStream { ssrc, repair_ssrc, cname })) = stream else {
        return;
    };
    // The same stream id for audio and video slot k is what makes a browser play them in sync.
    let msid = format!("slot-{} {slot}", slot.index);
    // Writing to a String cannot fail.
    let _ = write!(out, "a=msid:{msid}\r\n");
    for ssrc in std::iter::once(ssrc).chain(repair_ssrc) {
        let _ = write!(out, "a=ssrc:{ssrc} cname:{cname}\r\na=ssrc:{ssrc} msid:{msid}\r\n");
    }
    if let Some(repair_ssrc) = repair_ssrc {
        let _ = write!(out, "a=ssrc-group:FID {ssrc} {repair_ssrc}\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Kind, Source};

    #[test]
    fn a_microphone_is_asked_to_repeat_and_slots_do_not_ask() {
        let slot = SlotKey { kind: Kind::Audio, index: 0 };
        let lines = [
            Line { mid: "0".into(), role: Role::Source(Source::Microphone), rids: vec![] },
            Line { mid: "1".into(), role: Role::Slot(slot), rids: vec![] },
        ];
        let opus = "a=rtpmap:111 opus/48000/2\r\n";
        let answer = format!("v=0\r\nm=audio 9 X 111\r\n{opus}m=audio 9 X 111\r\n{opus}");
        let asked = format!("v=0\r\nm=audio 9 X 111\r\n{opus}a=rtcp-fb:111 nack\r\nm=audio 9 X 111\r\n{opus}");
        assert_eq!(rewrite(&answer, &lines, &HashMap::new()), asked);
    }

    #[test]
    fn slots_get_our_stream_and_sources_none() {
        let slot = SlotKey { kind: Kind::Video, index: 3 };
        let lines = [
            Line { mid: "0".into(), role: Role::Source(Source::Camera), rids: vec![] },
            Line { mid: "1".into(), role: Role::Slot(slot), rids: vec![] },
            Line { mid: "2".into(), role: Role::Slot(SlotKey { kind: Kind::Video, index: 4 }), rids: vec![] },
        ];
        let stream = SlotStream { ssrc: 7, repair_ssrc: Some(8), cname: "c".into() };
        let answer = "v=0\r\na=msid-semantic: WMS x\r\n\
            m=video 9 X 96\r\na=mid:0\r\na=msid:x y\r\na=ssrc:1 cname:z\r\n\
            m=video 9 X 96\r\na=mid:1\r\na=msid:x y\r\na=ssrc:2 cname:z\r\na=ssrc-group:FID 2 3\r\n\
            m=video 9 X 96\r\na=mid:2\r\na=msid:x y\r\n";
        assert_eq!(
            rewrite(answer, &lines, &HashMap::from([(slot, stream)])),
            "v=0\r\na=msid-semantic: WMS *\r\n\
            m=video 9 X 96\r\na=mid:0\r\n\
            m=video 9 X 96\r\na=mid:1\r\na=msid:slot-3 video-slot-3\r\n\
            a=ssrc:7 cname:c\r\na=ssrc:7 msid:slot-3 video-slot-3\r\n\
            a=ssrc:8 cname:c\r\na=ssrc:8 msid:slot-3 video-slot-3\r\na=ssrc-group:FID 7 8\r\n\
            m=video 9 X 96\r\na=mid:2\r\n"
        );
    }
}
