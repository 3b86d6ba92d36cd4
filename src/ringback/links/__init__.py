"""Call Link: short URLs that start a call (contract §7). So far they can be administered; no page opens them yet."""

from ringback.links.service import CallLinks

__all__ = ["CallLinks"]
