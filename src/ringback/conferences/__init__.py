"""A conference joins any number of calls; a **room** is a conference that is joined by name.

Its invariant: it begins with its first participant and ends with its last.
"""

from ringback.conferences.service import ConferenceService

__all__ = ["ConferenceService"]
