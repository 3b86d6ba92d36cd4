"""Offers as a worker sees them, and an answer that looks like a worker's but that nothing stands behind."""

import hashlib
import re
from dataclasses import dataclass

from ringback.media.errors import MediaCommandRefused
from ringback.media.model import Source
from ringback.media.protocol import ErrorCode

MAX_OFFER = 128 * 1024
"""Bytes (protocol document, `OFFER_TOO_LARGE`)."""

MAX_M_LINES = 64
"""Lines (protocol document, `OFFER_TOO_LARGE`)."""

SENDING_LINES = {"audio": 1, "video": 2}
"""How many m-lines of a kind come from the client (microphone; camera, screen) before those that are slots."""

MAX_LAYERS = 3
"""Simulcast layers (protocol document, "The offer")."""

_RID = re.compile(r"[0-9A-Za-z]{1,8}")

_CODECS = ("opus/48000/2", "pcmu/8000", "pcma/8000", "vp8/90000", "vp9/90000", "h264/90000", "av1/90000")
"""In the order of preference; of H.264 only one sort (protocol document, "The offer")."""

_STATIC_PAYLOAD_TYPES = {0: "PCMU/8000", 8: "PCMA/8000"}
"""What these mean without being told (RFC 3551 §6)."""

_CONSTRAINED_BASELINE = re.compile(r"profile-level-id=42[4-7c-f]0", re.IGNORECASE)
"""Profile 66 with the flag `constraint_set1` (RFC 6184 §8.1)."""

_REVERSED = {"sendonly": "recvonly", "recvonly": "sendonly", "sendrecv": "sendrecv", "inactive": "inactive"}

_SESSION = (
    "v=0",
    "o=ringback-fake 1 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=ice-lite",
    "a=msid-semantic: WMS *",
)
_TRANSPORT = (
    "c=IN IP4 0.0.0.0",
    "a=fingerprint:sha-256 " + ":".join(["00"] * 32),
    "a=setup:passive",
    "a=rtcp-mux",
    "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host",
    "a=candidate:2 1 tcp 1526727167 127.0.0.1 9 typ host tcptype passive",
)


@dataclass(frozen=True)
class MediaLine:
    """One m-line of an offer."""

    kind: str
    """`audio`, `video` or `application`."""
    mid: str
    direction: str
    codecs: dict[int, str]
    """Payload type to codec, as `opus/48000/2`."""
    formats: dict[int, str]
    """Payload type to the parameters of its codec, as `apt=96`."""
    slot: int | None
    """The index of the slot that it is; None when media comes from the client, and for the data channel."""
    rids: tuple[str, ...]
    """Its simulcast layers from the lowest up; empty without simulcast."""

    @property
    def place(self) -> tuple[str, str, int | None, tuple[str, ...]]:
        """What a later offer on the same transport has to leave as it is."""
        return (self.kind, self.mid, self.slot, self.rids)


def parse_offer(sdp: str) -> list[MediaLine]:
    """The m-lines of an offer. Raises `MediaCommandRefused` with `OFFER_INVALID` or `OFFER_TOO_LARGE`."""
    if len(sdp.encode()) > MAX_OFFER:
        raise MediaCommandRefused(ErrorCode.OFFER_TOO_LARGE, f"an offer has at most {MAX_OFFER} bytes")
    session, *sections = sdp.replace("\r\n", "\n").split("\nm=")
    if not session.startswith("v=0\n") or not sections:
        raise _invalid("this is no SDP with media")
    if len(sections) > MAX_M_LINES:
        raise MediaCommandRefused(ErrorCode.OFFER_TOO_LARGE, f"an offer has at most {MAX_M_LINES} m-lines")
    lines: list[MediaLine] = []
    for section in sections:
        lines.append(_media_line(section, lines))
    _check_payload_types(lines)
    bundle = "a=group:BUNDLE " + " ".join(line.mid for line in lines)
    if bundle not in session.split("\n"):
        raise _invalid("the BUNDLE group is not the list of all m-lines")
    return lines


def layer_count(offer: list[MediaLine], source: Source) -> int:
    """How many layers a source sends."""
    lines = [line for line in offer if line.kind == "video" and line.slot is None]
    place = (Source.CAMERA, Source.SCREEN).index(source)
    return max(1, len(lines[place].rids)) if place < len(lines) else 1


def canned_answer(offer: list[MediaLine], transport: str) -> str:
    """An answer that follows the offer line by line (RFC 9429 §5.3.1), with credentials of the transport."""
    secret = hashlib.sha256(transport.encode()).hexdigest()
    credentials = [f"a=ice-ufrag:{secret[:8]}", f"a=ice-pwd:{secret[8:32]}"]
    out = [*_SESSION, "a=group:BUNDLE " + " ".join(line.mid for line in offer)]
    for line in offer:
        out += _answer_to(line, [*_TRANSPORT, *credentials])
    return "\r\n".join(out) + "\r\n"


def _media_line(section: str, before: list[MediaLine]) -> MediaLine:
    head, *attributes = section.rstrip("\n").split("\n")
    kind = head.split(" ")[0]
    if kind not in ("audio", "video", "application"):
        raise _invalid(f"m={kind} is not taken")
    mids = [line.removeprefix("a=mid:") for line in attributes if line.startswith("a=mid:")]
    if len(mids) != 1:
        raise _invalid("an m-line has exactly one mid")
    directions = [word for word in _REVERSED if f"a={word}" in attributes]
    direction = directions[0] if directions else "sendrecv"  # the default: RFC 8866 §6.7
    index = sum(line.kind == kind for line in before) - SENDING_LINES.get(kind, 0)
    slot = index if index >= 0 and kind != "application" else None
    if kind != "application" and direction == ("sendonly" if slot is not None else "recvonly"):
        raise _invalid(f"m-line {mids[0]!r} has the wrong direction for its place")
    codecs = {number: codec for number, codec in _STATIC_PAYLOAD_TYPES.items() if str(number) in head.split(" ")[3:]}
    codecs |= _by_payload_type(attributes, "a=rtpmap:")
    rids = _rids(attributes)
    is_camera = kind == "video" and not any(line.kind == kind for line in before)
    if rids and not is_camera:
        raise _invalid("only the camera is sent in layers")
    return MediaLine(kind, mids[0], direction, codecs, _by_payload_type(attributes, "a=fmtp:"), slot, rids)


def _rids(attributes: list[str]) -> tuple[str, ...]:
    """The layers in the order of `a=simulcast` (RFC 8853 §5.1), each of which has its `a=rid` (RFC 8851 §4)."""
    declared = [line.removeprefix("a=rid:").split()[:2] for line in attributes if line.startswith("a=rid:")]
    lists = [line.removeprefix("a=simulcast:") for line in attributes if line.startswith("a=simulcast:")]
    if any(len(words) != 2 for words in declared):
        raise _invalid("a=rid names a layer and says which way it goes")
    if not lists and len(declared) <= 1:
        lists = ["send " + rid for rid, *_ in declared]
    if not lists and not declared:
        return ()
    if len(lists) != 1 or not lists[0].startswith("send ") or lists[0].count(" ") != 1:
        raise _invalid("layers are listed by one a=simulcast that only sends")
    rids = tuple(rid.removeprefix("~") for rid in lists[0].removeprefix("send ").split(";"))
    if len(rids) > MAX_LAYERS or not all(_RID.fullmatch(rid) for rid in rids):
        raise _invalid(f"at most {MAX_LAYERS} layers, each named by 1 to 8 letters and digits")
    if sorted(declared) != sorted([rid, "send"] for rid in set(rids)) or len(set(rids)) != len(rids):
        raise _invalid("a=simulcast does not name each a=rid once")
    return rids if len(rids) > 1 else ()


def _by_payload_type(attributes: list[str], name: str) -> dict[int, str]:
    found = {}
    for line in attributes:
        if line.startswith(name):
            payload_type, _, value = line.removeprefix(name).partition(" ")
            if not payload_type.isdigit() or not value:
                raise _invalid(f"{line!r} is not understood")
            found[int(payload_type)] = value
    return found


def _check_payload_types(lines: list[MediaLine]) -> None:
    """In a BUNDLE a payload type means one codec (RFC 8843 §9.1)."""
    known: dict[int, str] = {}
    for line in lines:
        for payload_type, codec in line.codecs.items():
            if known.setdefault(payload_type, codec).lower() != codec.lower():
                raise _invalid(f"payload type {payload_type} stands for two codecs")


def _answer_to(line: MediaLine, transport: list[str]) -> list[str]:
    if line.kind == "application":
        head = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"
        return [head, *transport, f"a=mid:{line.mid}", "a=sctp-port:5000"]
    kept = [number for codec in _CODECS for number in _payload_types(line, codec)]
    payload_types = " ".join(map(str, kept))
    out = [f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {payload_types}", *transport, f"a=mid:{line.mid}"]
    out.append(f"a={_REVERSED[line.direction]}")
    for number in kept:
        out.append(f"a=rtpmap:{number} {line.codecs[number]}")
        out += [f"a=fmtp:{number} {line.formats[number]}"] if number in line.formats else []
    if line.rids:
        out += [f"a=rid:{rid} recv" for rid in line.rids] + ["a=simulcast:recv " + ";".join(line.rids)]
    if line.slot is not None:
        out.append(f"a=msid:slot-{line.slot} {line.kind}-{line.slot}")
        out.append(f"a=ssrc:{1000 + line.slot * 2 + (line.kind == 'video')} cname:slot-{line.slot}")
    return out


def _payload_types(line: MediaLine, wanted: str) -> list[int]:
    """Those under which the codec goes into the answer: its own and that of its repetitions, as far as offered."""
    for number, codec in line.codecs.items():
        if codec.lower() == wanted and (wanted != "h264/90000" or _is_common_h264(line.formats.get(number, ""))):
            repairs = [other for other, parameters in line.formats.items() if parameters == f"apt={number}"]
            return [number, *repairs]
    return []


def _is_common_h264(parameters: str) -> bool:
    return "packetization-mode=1" in parameters and _CONSTRAINED_BASELINE.search(parameters) is not None


def _invalid(message: str) -> MediaCommandRefused:
    return MediaCommandRefused(ErrorCode.OFFER_INVALID, message)
