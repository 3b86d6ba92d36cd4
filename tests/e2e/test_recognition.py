"""The eyes and ears of these tests: they recognise what they should, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.e2e.browsers import new_context
from tests.e2e.content import LOOKS
from tests.e2e.people import PATIENCE, POLL, STEADY_POLLS, questions

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

ORIGIN = "http://localhost/"  # answered by the test itself; browsers allow capture there
POLLS_WITHOUT = 15  # two seconds: the right answer takes less than one
# A camera and a microphone through two peer connections of one page: coded and decoded as in a call, without a server.
LOOPBACK = """<!doctype html><video autoplay playsinline muted></video><audio autoplay></audio><script>
window.ready = (async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const near = new RTCPeerConnection(), far = new RTCPeerConnection();
  near.onicecandidate = ({ candidate }) => far.addIceCandidate(candidate);
  far.onicecandidate = ({ candidate }) => near.addIceCandidate(candidate);
  far.ontrack = ({ track }) => {
    document.querySelector(track.kind).srcObject = new MediaStream([track]);
  };
  for (const track of stream.getTracks()) near.addTrack(track, stream);
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription);
  await far.setLocalDescription();
  await near.setRemoteDescription(far.localDescription);
  window.tracks = stream.getTracks();
})();
</script>"""


class Loopback:
    """One person looking at and listening to themselves."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def shows(self, name: str) -> None:
        await self._wait("recognition.shows(id, document.querySelector('video'), args)", LOOKS[name].colour)

    async def plays(self, *names: str) -> None:
        tones = [LOOKS[name].tone for name in names]
        others = [look.tone for look in LOOKS.values() if look.tone not in tones]
        await self._wait("recognition.hearsSteadily(id, ...args)", [tones, others, STEADY_POLLS])

    async def never_shows(self, name: str) -> None:
        assert not await self._ever("recognition.shows(id, document.querySelector('video'), args)", LOOKS[name].colour)

    async def never_plays(self, name: str) -> None:
        assert not await self._ever("recognition.hearsSteadily(id, ...args)", [[LOOKS[name].tone], [], 1])

    async def _wait(self, question: str, args: object) -> None:
        await self.page.wait_for_function(
            f"([id, args]) => {question}", arg=[next(questions), args], polling=POLL, timeout=PATIENCE
        )

    async def _ever(self, question: str, args: object) -> bool:
        found: bool = await self.page.evaluate(
            f"""async ([id, args, polls, poll]) => {{
                for (let asked = 0; asked < polls; asked++) {{
                    if ({question}) return true;
                    await new Promise((resolve) => setTimeout(resolve, poll));
                }}
                return false;
            }}""",
            [next(questions), args, POLLS_WITHOUT, POLL],
        )
        return found


@pytest_asyncio.fixture(loop_scope="session")
async def loopback(browser_of: Callable[[str], Awaitable[Browser]]) -> AsyncIterator[Loopback]:
    context = await new_context(await browser_of("boris"))
    page = await context.new_page()
    await page.route(f"{ORIGIN}**", lambda route: route.fulfill(body=LOOPBACK, content_type="text/html"))
    await page.goto(ORIGIN)
    await page.evaluate("window.ready")
    yield Loopback(page)
    await context.close()


async def test_a_person_is_recognised_by_picture_and_tone(loopback: Loopback) -> None:
    await loopback.shows("boris")
    await loopback.plays("boris")


async def test_somebody_else_is_not(loopback: Loopback) -> None:
    await loopback.shows("boris")
    await loopback.plays("boris")

    for other in ("anna", "clara"):
        await loopback.never_shows(other)
        await loopback.never_plays(other)


async def test_a_picture_that_stands_still_does_not_count(loopback: Loopback) -> None:
    await loopback.shows("boris")
    await loopback.page.evaluate("document.querySelector('video').pause()")

    await loopback.never_shows("boris")


async def test_black_does_not_count(loopback: Loopback) -> None:
    await loopback.shows("boris")
    await loopback.page.evaluate("tracks.find((track) => track.kind === 'video').enabled = false")
    await loopback.page.wait_for_function(
        "(colour) => recognition.read(document.querySelector('video'), colour) === null",
        arg=LOOKS["boris"].colour,
        timeout=PATIENCE,
    )

    await loopback.never_shows("boris")


async def test_silence_is_nobody(loopback: Loopback) -> None:
    await loopback.plays("boris")
    await loopback.page.evaluate("tracks.find((track) => track.kind === 'audio').enabled = false")

    await loopback.plays()
    await loopback.never_plays("boris")


async def test_two_at_once_are_not_taken_for_one(loopback: Loopback) -> None:
    """A second voice beside the first: the page then plays both, and no longer just one."""
    await loopback.plays("boris")
    await loopback.page.evaluate(
        """(tone) => {
            const context = new AudioContext();
            const voice = new OscillatorNode(context, { frequency: tone });
            const out = context.createMediaStreamDestination();
            voice.connect(new GainNode(context, { gain: 0.05 })).connect(out);
            voice.start();
            const audio = document.body.appendChild(document.createElement('audio'));
            audio.srcObject = out.stream;
            return audio.play();
        }""",
        LOOKS["anna"].tone,
    )

    await loopback.plays("anna", "boris")
