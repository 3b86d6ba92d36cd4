"""The REST of accounts (contract §1.2): signing in, and the keys of an account."""

from ringback.accounts.api.keys import api_key_routes
from ringback.accounts.api.logins import auth_routes

__all__ = ["api_key_routes", "auth_routes"]
