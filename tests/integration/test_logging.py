"""What the logs look like when nobody sits at a terminal, and what they must not hold."""

import json
import os
import subprocess
import sys

LOG_A_BUG = """
import logging
import structlog
from ringback.cli import configure_logging
from ringback.kernel.redaction import IpAddress, Secret

configure_logging()
log = structlog.get_logger("ringback.test")

def answer(token):
    phone_number = "+15550100"
    raise LookupError("nobody there")

with structlog.contextvars.bound_contextvars(request_id="r-1"):
    try:
        answer("eyJ-a-token")
    except LookupError:
        log.exception("A request failed.", key=Secret("a-secret-key"), peer=IpAddress("203.0.113.77"))
logging.getLogger("some.library").warning("from %s", "a library")
logging.getLogger("uvicorn.error").info('203.0.113.77 - "WebSocket /rtc/v1" [accepted]')
"""


def test_each_line_is_json_and_holds_no_values_of_variables() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    program = [sys.executable, "-c", LOG_A_BUG]
    stderr = subprocess.run(program, env=environment, capture_output=True, text=True, check=True).stderr
    bug, library = map(json.loads, stderr.splitlines())
    assert (bug["event"], bug["level"], bug["request_id"]) == ("A request failed.", "error", "r-1")
    assert "LookupError: nobody there" in bug["exception"]
    assert (library["event"], library["level"]) == ("from a library", "warning")
    for secret in ("eyJ-a-token", "+15550100", "a-secret-key", "203.0.113.77"):
        assert secret not in stderr
