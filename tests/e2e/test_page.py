"""What the page does behind the conversation."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.e2e.people import PATIENCE, Person

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

BUDGET = 60_000  # bytes
PARTS = 3  # the page, its style and its script at least: an empty sum would prove nothing
REFUSED_TOKEN = 4401  # protocol/signaling, "Errors": UNAUTHENTICATED


async def test_a_conversation_contacts_no_other_host_and_leaves_the_console_clean(anna: Person, boris: Person) -> None:
    await anna.calls("boris")
    await boris.accepts()
    await anna.sees("boris")
    await anna.hangs_up()
    await boris.is_told("anna hung up")

    for person in (anna, boris):
        assert person.contacted == {urlsplit(person.url).netloc}
        assert person.complaints == []


async def test_a_speaker_can_be_tried_before_a_call(anna: Person) -> None:
    await anna.page.get_by_text("Devices").click(timeout=PATIENCE)
    await anna.page.get_by_role("button", name="Play a test tone").click()
    await expect(anna.page.get_by_role("button", name="Playing…")).to_be_visible(timeout=PATIENCE)
    await expect(anna.page.get_by_role("button", name="Play a test tone")).to_be_visible(timeout=PATIENCE)
    assert anna.complaints == []
    await expect(anna.page.get_by_role("alert")).to_have_count(0)


async def test_the_page_is_light_enough_for_a_slow_connection(anna: Person) -> None:
    """HTML, styles and scripts with the SDK, compressed: the budget of a landing page (DESIGN, 10)."""
    parts = await anna.page.evaluate(
        """async () => {
            const names = performance.getEntriesByType('resource').map(({ name }) => name);
            const own = names.filter((name) => /[.](js|css|svg)$/.test(name));
            return Promise.all([location.href, ...own].map(async (name) => (await fetch(name)).text()));
        }"""
    )

    assert len(parts) >= PARTS
    assert sum(len(gzip.compress(part.encode())) for part in parts) <= BUDGET


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param("(token) => 'nonsense'", id="no token at all"),
        pytest.param("(token) => token.replace(/[^.]*$/, '')", id="unsigned"),
        pytest.param(
            "(token) => token.replace(/.(.)$/, (end) => (end[0] === 'A' ? 'B' : 'A') + end[1])", id="tampered"
        ),
    ],
)
async def test_a_bad_token_is_refused(anna: Person, spoil: str) -> None:
    code = await anna.page.evaluate(
        f"""async (patience) => {{
            const headers = {{ 'Content-Type': 'application/json' }};
            const body = JSON.stringify({{ identity: 'anna' }});
            const {{ token }} = await (await fetch('/demo/1/token', {{ method: 'POST', headers, body }})).json();
            const hello = {{ type: 'hello', id: 1, token: ({spoil})(token), client: {{ name: 'e2e', version: '1' }} }};
            const socket = new WebSocket(`${{location.origin.replace('http', 'ws')}}/rtc/v1`, 'ringback.rtc.v1');
            return new Promise((resolve, reject) => {{
                socket.onopen = () => socket.send(JSON.stringify(hello));
                socket.onclose = ({{ code }}) => resolve(code);
                setTimeout(() => reject(new Error('still open')), patience);
            }});
        }}""",
        PATIENCE,
    )

    assert code == REFUSED_TOKEN
