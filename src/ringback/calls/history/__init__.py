"""The call history: what can be told of calls that have ended. Each is one leg, so a dialog leaves two of them."""

from ringback.calls.history.service import CallHistory

__all__ = ["CallHistory"]
