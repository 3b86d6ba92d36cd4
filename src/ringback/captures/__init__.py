"""Captures: pictures of a call's video that an SDK took and uploaded. The public API calls them files (contract §4)."""

from ringback.captures.model import Capture
from ringback.captures.service import Captures

__all__ = ["Capture", "Captures"]
