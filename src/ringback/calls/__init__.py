"""Calls: the connections between the platform and one endpoint each, and the dialogs that join two of them.

Their invariant: a call ends exactly once, and nothing is done for it afterwards.
"""

from ringback.calls.history import CallHistory
from ringback.calls.jobs import CallJobs
from ringback.calls.service import CallNotFound, CallService, GoingOn

__all__ = ["CallHistory", "CallJobs", "CallNotFound", "CallService", "GoingOn"]
