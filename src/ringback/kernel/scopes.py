"""What credentials open is said in scopes (contract §1.3): a name for each group of operations."""

from typing import Final

EVERY_SCOPE: Final = frozenset({"*"})
"""The scopes of whoever may do everything in its account."""
