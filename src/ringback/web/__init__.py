"""What all HTTP of the platform shares: operations, errors, who is asking, paging, pages, health. No noun's routes."""

from ringback.web.auth import DEVICES, PEOPLE, Authenticated, Principal, Scheme
from ringback.web.errors import ErrorBody
from ringback.web.health import Check
from ringback.web.operations import Operation, described
from ringback.web.paging import PageInfo, Paging, WithPageInfo, WithPaging, paging
from ringback.web.schemas import Moment, RequestModel, ResponseModel, SecretText, Text

__all__ = [
    "DEVICES",
    "PEOPLE",
    "Authenticated",
    "Check",
    "ErrorBody",
    "Moment",
    "Operation",
    "PageInfo",
    "Paging",
    "Principal",
    "RequestModel",
    "ResponseModel",
    "Scheme",
    "SecretText",
    "Text",
    "WithPageInfo",
    "WithPaging",
    "described",
    "paging",
]
