"""Text that strangers give and others read: names, titles, file names."""

import unicodedata
from collections.abc import Container
from typing import Final

_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the reading direction: with them a name can pass for another one (Unicode TR 36 §3.6)."""


def is_safe(text: str) -> bool:
    """Whether `text` shows what it holds: no control characters, no halves of surrogates, no direction marks."""
    return text.isprintable() or not any(
        character in _DIRECTIONS or unicodedata.category(character) in ("Cc", "Cs") for character in text
    )


def consists_of(text: str, lengths: range, categories: str, others: Container[str]) -> bool:
    """Whether each character is of one of the general `categories` (their first letters: `LN`) or among `others`.

    It is how the rules of the public API are applied: Python's `re` has no `\\p{L}`.
    """
    return len(text) in lengths and all(
        character in others or unicodedata.category(character)[0] in categories for character in text
    )
