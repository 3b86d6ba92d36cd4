"""Accounts, their users and their API keys. Everything else in the platform belongs to exactly one account."""

from ringback.accounts.authentication import Authentication
from ringback.accounts.model import Account, ApiKey, Role, Scope, User
from ringback.accounts.service import COMMAND_LINE, DEFAULT_ACCOUNT, Accounts, FirstStart
from ringback.accounts.store import find_api_key, keys_disabled_since

__all__ = [
    "COMMAND_LINE",
    "DEFAULT_ACCOUNT",
    "Account",
    "Accounts",
    "ApiKey",
    "Authentication",
    "FirstStart",
    "Role",
    "Scope",
    "User",
    "find_api_key",
    "keys_disabled_since",
]
