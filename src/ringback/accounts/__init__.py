"""Accounts, their users and their API keys. Everything else in the platform belongs to exactly one account."""

from ringback.accounts.model import Account, ApiKey, Role, User
from ringback.accounts.service import DEFAULT_ACCOUNT, Accounts, FirstStart

__all__ = ["DEFAULT_ACCOUNT", "Account", "Accounts", "ApiKey", "FirstStart", "Role", "User"]
