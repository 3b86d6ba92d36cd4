"""What the logs look like when nobody sits at a terminal, and what they must not hold."""

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

SAY_THINGS = """
import logging
import sys
import structlog
from ringback.identities.api import TokenCreate
from ringback.kernel.redaction import IpAddress, Secret
from ringback.logs import configure_logging

configure_logging(sys.argv[1])
log = structlog.get_logger("ringback.test")

def answer(token):
    phone_number = "+15550100"
    raise LookupError("nobody there")

with structlog.contextvars.bound_contextvars(request_id="r-1"):
    try:
        answer("eyJ-a-token")
    except LookupError:
        log.exception("A request failed.", key=Secret("a-secret-key"), peer=IpAddress("203.0.113.77"))
    log.warning("A request was strange.", body=TokenCreate(identity="+15550100"))
log.info("Something happened.")
log.debug("Something usual happened.")
logging.getLogger("some.library").warning("from %s", "a library")
logging.getLogger("uvicorn.error").info('203.0.113.77 - "WebSocket /rtc/v1" [accepted]')
logging.getLogger("websockets.server").debug("< TEXT eyJ-a-token")
"""


@cache
def said(level: str) -> list[dict[str, Any]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    program = [sys.executable, "-c", SAY_THINGS, level]
    stderr = subprocess.run(program, env=environment, capture_output=True, text=True, check=True).stderr
    for secret in ("eyJ-a-token", "+15550100", "a-secret-key", "203.0.113.77"):
        assert secret not in stderr
    return [json.loads(line) for line in stderr.splitlines()]


def test_each_line_is_json_and_holds_no_values_of_variables() -> None:
    bug, strange, happened, library = said("info")
    assert (bug["event"], bug["level"], bug["request_id"]) == ("A request failed.", "error", "r-1")
    assert "LookupError: nobody there" in bug["exception"]
    assert (bug["key"], bug["peer"], strange["body"]) == ("Secret(…)", "203.0.113.0/24", "<TokenCreate>")
    assert (happened["event"], "request_id" in happened) == ("Something happened.", False)
    assert (library["event"], library["level"]) == ("from a library", "warning")


@pytest.mark.parametrize(("level", "lines"), [("debug", 5), ("info", 4), ("warning", 3), ("error", 2)])
def test_the_level_is_that_of_ringback_and_never_lets_libraries_talk(level: str, lines: int) -> None:
    assert len(said(level)) == lines
