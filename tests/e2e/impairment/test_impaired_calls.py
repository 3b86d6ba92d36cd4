"""Calls over bad networks: what two people on them still see and hear."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.e2e.impairment.conftest import Arrive
from tests.e2e.impairment.link import Conditions
from tests.e2e.test_endings import talk

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_smoke(arrive: Arrive) -> None:
    anna, boris = await arrive("anna"), await arrive("boris")
    await talk(anna.device, boris.device)
    await boris.device.hears("anna")
    for who in (anna, boris):
        who.path.becomes(Conditions(delay=0.025, loss=0.1))
    await boris.measured("begin")
    await asyncio.sleep(10)
    print(json.dumps(await boris.measured("report")), boris.path.lost)
