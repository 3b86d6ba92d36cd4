"""What a subdomain is, and which names it may have."""

from dataclasses import dataclass
from typing import Final

MOST: Final = 3
"""Subdomains of one account (contract §10)."""

NAME_LENGTH: Final = 63
"""Most characters of a label in the domain name system (RFC 1035 §2.3.4)."""

NAME_PATTERN: Final = r"^[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?$"


@dataclass(frozen=True, slots=True)
class Subdomain:
    """A name that no other account has."""

    id: str
    name: str
    """In small letters, as hosts compare them."""
