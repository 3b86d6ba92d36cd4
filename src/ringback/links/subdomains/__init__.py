"""Subdomains: parts of the public host that links of one account live under (contract §10)."""

from ringback.links.subdomains.service import Subdomains

__all__ = ["Subdomains"]
