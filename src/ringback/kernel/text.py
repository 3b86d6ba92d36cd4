"""Text that strangers give and others read: names, titles, file names."""

import unicodedata
from typing import Final

_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the reading direction: with them a name can pass for another one (Unicode TR 36 §3.6)."""


def is_safe(text: str) -> bool:
    """Whether `text` shows what it holds: no control characters, no halves of surrogates, no direction marks."""
    return text.isprintable() or not any(
        character in _DIRECTIONS or unicodedata.category(character) in ("Cc", "Cs") for character in text
    )
