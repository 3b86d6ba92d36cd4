"""The log of a node: one line per event on stderr, for people on a terminal, else one JSON object each.

Only plain values are written. A record, a body or an exception's argument that somebody hands to the log by mistake
shows as the name of its type, so that no token, phone number or name gets there by accident.
"""

import logging
import sys
from enum import Enum
from typing import Any, Final

import structlog
from structlog.typing import EventDict, WrappedLogger

from ringback.kernel.redaction import IpAddress, Secret

_OF_STRUCTLOG: Final = frozenset({"exc_info", "stack_info"})
"""What structlog itself turns into text: tracebacks, without the values of variables."""


def configure_logging(level: str) -> None:
    """Write what is of `level` ("debug", "info", "warning", "error") or above; of libraries, warnings and above.

    What libraries say below that is not ours to vouch for: uvicorn tells addresses, websockets whole messages.
    """
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    after: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if sys.stderr.isatty():
        after.append(structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback))
    else:
        after += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            only_plain_values,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=after))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("ringback").setLevel(level.upper())


def only_plain_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Structlog's processor that lets through numbers, text, enums and the types of `kernel/redaction.py`."""
    return {name: value if name in _OF_STRUCTLOG else _plain(value) for name, value in event.items()}


def _plain(value: object) -> object:
    match value:
        case None | bool() | float():
            return value
        case int():
            return int(value)  # an IntEnum, too
        case str():
            return str(value)
        case Enum():
            return value.name
        case Secret() | IpAddress():
            return repr(value)
        case _:
            return f"<{type(value).__name__}>"
