"""What all HTTP of the platform shares: answers to errors, who is asking, headers, pages, health. No noun's routes."""

from ringback.web.auth import Authenticated, Authenticator, Principal
from ringback.web.errors import ERROR_RESPONSES
from ringback.web.health import Check
from ringback.web.schemas import RequestModel, ResponseModel

__all__ = [
    "ERROR_RESPONSES",
    "Authenticated",
    "Authenticator",
    "Check",
    "Principal",
    "RequestModel",
    "ResponseModel",
]
