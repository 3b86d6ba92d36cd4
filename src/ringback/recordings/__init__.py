"""Recordings of WebRTC calls: so far, what an account wants to be recorded. Nothing is recorded yet."""

from ringback.recordings.service import Recordings

__all__ = ["Recordings"]
