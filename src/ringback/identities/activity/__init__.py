"""User activity: when the identities of an account were connected. Each session leaves its beginning and its end.

Its invariant: who was once connected is not connected for ever, whatever became of the platform meanwhile.
"""

from ringback.identities.activity.jobs import ActivityJournal
from ringback.identities.activity.service import UserActivity

__all__ = ["ActivityJournal", "UserActivity"]
