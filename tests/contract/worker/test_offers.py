"""Offers: which are taken, what the answer looks like, which are refused."""

import re

import pytest

from tests.contract.worker.controller import OFFER, Controller, in_layers

ALICE = {"room": "r", "participant": "alice"}


@pytest.fixture
async def room(controller: Controller) -> Controller:
    """A controller with one open room, `r`."""
    await controller.done("open_room", room="r")
    return controller


def sections(sdp: str) -> list[list[str]]:
    """The lines of each m-line's section."""
    return [part.splitlines() for part in re.split(r"(?m)^m=", sdp)[1:]]


def value(section: list[str], prefix: str) -> str:
    """What follows the prefix in the one line that has it."""
    (found,) = [line.removeprefix(prefix) for line in section if line.startswith(prefix)]
    return found


async def answer(room: Controller, sdp: str = OFFER, transport: str = "t") -> str:
    result = await room.done("accept_offer", **ALICE, transport=transport, sdp=sdp)
    assert list(result) == ["sdp"]
    sdp_answer: str = result["sdp"]
    return sdp_answer


async def test_the_answer_follows_the_offer_line_by_line(room: Controller) -> None:
    sdp = await answer(room)
    assert sdp.startswith("v=0\r\n")
    answered = sections(sdp)
    assert [value(section, "a=mid:") for section in answered] == [value(s, "a=mid:") for s in sections(OFFER)]
    assert [section[0].split()[0] for section in answered] == [s[0].split()[0] for s in sections(OFFER)]
    assert f"a=group:BUNDLE {' '.join(str(mid) for mid in range(10))}\r\n" in sdp


async def test_sources_are_received_and_slots_are_sent(room: Controller) -> None:
    answered = sections(await answer(room))
    assert ["a=recvonly" in section for section in answered] == [True] * 3 + [False] * 7
    assert ["a=sendonly" in section for section in answered] == [False] * 3 + [True] * 7


async def test_audio_and_video_slot_k_share_the_stream_slot_k(room: Controller) -> None:
    answered = sections(await answer(room))[3:]
    streams = [value(section, "a=msid:").split()[0] for section in answered]
    assert streams == ["slot-0", "slot-1", "slot-2", "slot-0", "slot-1", "slot-2", "slot-3"]
    sources = [line.split()[0] for section in answered for line in section if re.match(r"a=ssrc:\d+ cname:", line)]
    assert len(set(sources)) == len(sources) >= len(answered)


async def test_the_answer_is_ice_lite_with_one_candidate_per_address_and_protocol(room: Controller) -> None:
    sdp = await answer(room)
    assert "a=ice-lite\r\n" in sdp
    candidates = [line for line in sections(sdp)[0] if line.startswith("a=candidate:")]
    form = re.compile(
        r"a=candidate:\S+ 1 (\w+) (\d+) 127\.0\.0\.1 (\d+) typ host(?: (tcptype passive))?(?: ufrag \S+)?"
    )
    (udp, preferred, port, _), (tcp, *rest) = (
        matched.groups() for matched in map(form.fullmatch, candidates) if matched
    )
    assert (udp, tcp) == ("udp", "tcp")
    assert rest[1:] == [port, "tcptype passive"]
    assert int(rest[0]) < int(preferred)
    assert all("a=setup:passive" in section for section in sections(sdp))


async def test_opus_and_vp8_with_rtx_are_taken(room: Controller) -> None:
    answered = sections(await answer(room))
    codecs = [sorted(re.findall(r"a=rtpmap:\d+ (\w+)/", "\n".join(section))) for section in answered]
    assert codecs == [["opus"], ["VP8", "rtx"], ["VP8", "rtx"], *[["opus"]] * 3, *[["VP8", "rtx"]] * 4]


def with_more_codecs(sdp: str) -> str:
    """The offer of a browser that knows all the codecs, others besides, and puts ours last."""
    audio = "a=rtpmap:9 G722/8000", "a=rtpmap:8 PCMA/8000"
    video = (
        *("a=rtpmap:98 VP9/90000", "a=rtpmap:99 rtx/90000", "a=fmtp:99 apt=98"),
        *(
            "a=rtpmap:102 H264/90000",
            "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f",
        ),
        *(
            "a=rtpmap:103 H264/90000",
            "a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
        ),
        *("a=rtpmap:104 rtx/90000", "a=fmtp:104 apt=103"),
        *(
            "a=rtpmap:105 H264/90000",
            "a=fmtp:105 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f",
        ),
    )
    sdp = sdp.replace("RTP/SAVPF 111\r\n", "RTP/SAVPF 9 8 0 111\r\n")  # 0 is PCMU without being told
    sdp = sdp.replace("RTP/SAVPF 96 97\r\n", "RTP/SAVPF 98 99 102 105 103 104 96 97\r\n")
    sdp = sdp.replace("a=rtpmap:111 ", "\r\n".join([*audio, "a=rtpmap:111 "]))
    return sdp.replace("a=rtpmap:96 ", "\r\n".join([*video, "a=rtpmap:96 "]))


async def test_every_codec_that_is_forwarded_is_taken_in_the_order_of_preference(room: Controller) -> None:
    sdp = await answer(room, with_more_codecs(OFFER))
    heads = [section[0] for section in sections(sdp)]
    audio, video = "audio 9 UDP/TLS/RTP/SAVPF 111 0 8", "video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 103 104"
    assert heads == [audio, video, video, audio, audio, audio, video, video, video, video]
    camera = sections(sdp)[1]
    assert "packetization-mode=1" in value(camera, "a=fmtp:103 ")
    assert "profile-level-id=42e01f" in value(camera, "a=fmtp:103 ")
    assert value(camera, "a=fmtp:104 ") == "apt=103"


async def test_a_browser_without_h264_negotiates_without(room: Controller) -> None:
    await answer(room, with_more_codecs(OFFER))
    firefox = OFFER.replace(" 96 97\r\n", " 120 124\r\n").replace(":96 ", ":120 ").replace(":97 apt=96", ":124 apt=120")
    firefox = firefox.replace(":97 ", ":124 ").replace(" 111\r\n", " 109 9 0 8\r\n").replace(":111 ", ":109 ")
    result = await room.done("accept_offer", room="r", participant="bob", transport="t", sdp=firefox)
    heads = [section[0] for section in sections(result["sdp"])]
    audio, video = "audio 9 UDP/TLS/RTP/SAVPF 109 0 8", "video 9 UDP/TLS/RTP/SAVPF 120 124"
    assert heads == [audio, video, video, audio, audio, audio, video, video, video, video]


async def test_a_known_transport_negotiates_again_with_more_slots(room: Controller) -> None:
    first = await answer(room)
    video = "m=" + OFFER.split("\r\nm=")[-1]
    more = OFFER + video.replace("a=mid:9", "a=mid:10")
    more = more.replace("a=group:BUNDLE 0 1 2 3 4 5 6 7 8 9", "a=group:BUNDLE 0 1 2 3 4 5 6 7 8 9 10")
    second = await answer(room, more.replace(" 2 IN IP4", " 3 IN IP4", 1))
    assert len(sections(second)) == 11
    assert value(sections(second)[10], "a=msid:").split()[0] == "slot-4"
    assert value(sections(second)[0], "a=ice-ufrag:") == value(sections(first)[0], "a=ice-ufrag:")
    (alice,) = (await room.room("r"))["participants"]
    assert len(alice["slots"]) == 8


async def test_another_transport_has_other_credentials(room: Controller) -> None:
    first, second = await answer(room, transport="t-1"), await answer(room, transport="t-2")
    assert value(sections(first)[0], "a=ice-pwd:") != value(sections(second)[0], "a=ice-pwd:")


BAD_LAYERS = [
    "a=rid:l send|a=rid:h send",
    "a=rid:l send|a=simulcast:send l;h",
    "a=rid:l send|a=rid:h send|a=simulcast:send h",
    "a=rid:l send|a=rid:h send|a=simulcast:send h;h",
    "a=rid:l send|a=rid:l send|a=simulcast:send l",
    "a=rid:l send|a=rid:h send|a=simulcast:send l,h",
    "a=rid:l send|a=rid:h send|a=simulcast:send l;h recv l",
    "a=rid:l send|a=rid:h send|a=simulcast:recv l;h",
    "a=rid:l send|a=rid:h recv|a=simulcast:send l;h",
    "a=rid:l|a=rid:h send|a=simulcast:send l;h",
    "a=rid:l send|a=rid:h send|a=simulcast:send l;h|a=simulcast:send l;h",
    "a=rid:1-2 send|a=rid:h send|a=simulcast:send 1-2;h",
    "a=rid:abcdefghi send|a=rid:h send|a=simulcast:send abcdefghi;h",
    "a=rid:1 send|a=rid:2 send|a=rid:3 send|a=rid:4 send|a=simulcast:send 1;2;3;4",
    "a=simulcast:send l;h",
    "a=simulcast:",
    "a=rid:",
]


@pytest.mark.parametrize(
    "sdp",
    [
        pytest.param("", id="empty"),
        pytest.param("hello", id="no SDP"),
        pytest.param("\r\n".join(OFFER.split("\r\n")[:6]) + "\r\n", id="no media"),
        pytest.param(OFFER.replace("a=mid:1\r\n", "", 1), id="no mid"),
        pytest.param(OFFER.replace("a=mid:1\r\n", "a=mid:0\r\n"), id="one mid twice"),
        pytest.param(OFFER.replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 0"), id="not in the BUNDLE"),
        pytest.param(OFFER.replace("a=sendonly", "a=recvonly", 1), id="microphone that only receives"),
        pytest.param("a=sendonly".join(OFFER.rsplit("a=recvonly", 1)), id="slot that only sends"),
        pytest.param(OFFER.replace("a=rtpmap:96 VP8/90000", "a=rtpmap:96 H264/90000", 1), id="two codecs in one type"),
        pytest.param(
            OFFER.replace("SAVPF 111", "SAVPF 111 0", 1).replace("a=rtpmap:96 VP8", "a=rtpmap:0 VP8"),
            id="another codec in a type that means PCMU",
        ),
        pytest.param(OFFER.replace("m=audio", "m=smell", 1), id="unknown kind of media"),
        pytest.param(in_layers(OFFER, mid=2), id="screen in layers"),
        *(pytest.param(in_layers(OFFER, *lines.split("|")), id=lines) for lines in BAD_LAYERS),
    ],
)
async def test_a_bad_offer_is_refused_and_changes_nothing(room: Controller, sdp: str) -> None:
    assert await room.refused("accept_offer", **ALICE, transport="t", sdp=sdp) == "OFFER_INVALID"
    assert (await room.room("r"))["participants"] == []


@pytest.mark.parametrize(
    "attributes",
    [
        ("a=rid:l send", "a=rid:m send", "a=rid:h send", "a=simulcast:send l;m;h"),
        ("a=simulcast:send l;~h", "a=rid:h send", "a=rid:l send pt=96;max-width=320"),
        ("a=rid:l send",),
        ("a=rid:l send", "a=simulcast:send l"),
    ],
)
async def test_the_camera_may_come_in_layers(room: Controller, attributes: tuple[str, ...]) -> None:
    offer = in_layers(OFFER, *attributes)
    await answer(room, offer)
    await answer(room, offer)
    if len(attributes) > 2:
        assert await room.refused("accept_offer", **ALICE, transport="t", sdp=OFFER) == "OFFER_INVALID"


async def test_a_bad_offer_leaves_the_transport_as_it_was(room: Controller) -> None:
    await answer(room)
    before = await room.room("r")
    fewer = OFFER[: OFFER.rindex("m=")].replace(" 8 9\r\n", " 8\r\n", 1)
    for sdp in ("hello", fewer):
        assert await room.refused("accept_offer", **ALICE, transport="t", sdp=sdp) == "OFFER_INVALID"
    assert await room.room("r") == before
    await answer(room)


async def test_an_offer_of_more_than_128_kib_is_refused(room: Controller) -> None:
    filler = "a=x-filler:" + "0" * (128 * 1024 - len(OFFER) - len("a=x-filler:\r\n")) + "\r\n"
    await answer(room, OFFER + filler)
    too_large = OFFER + filler.replace("0", "00", 1)
    assert await room.refused("accept_offer", **ALICE, transport="u", sdp=too_large) == "OFFER_TOO_LARGE"


async def test_an_offer_of_more_than_64_m_lines_is_refused(room: Controller) -> None:
    session, *media = OFFER.split("\r\nm=")
    last = media[-1].removesuffix("\r\n")

    def offer_of(count: int) -> str:
        lines = [*media[:-1], last] + [last.replace("a=mid:9", f"a=mid:{mid}") for mid in range(10, count)]
        bundle = "a=group:BUNDLE " + " ".join(str(mid) for mid in range(count))
        return "\r\nm=".join([re.sub("a=group:BUNDLE.*", bundle, session), *lines]) + "\r\n"

    assert len(sections(await answer(room, offer_of(64)))) == 64
    refused = await room.refused("accept_offer", **ALICE, transport="u", sdp=offer_of(65))
    assert refused == "OFFER_TOO_LARGE"
