"""WebRTC identities: who may connect as whom (tokens), and who ever could (the identities table).

Whether an identity is connected right now is known to `ringback.signaling`.
"""

from ringback.identities.model import RecordingPolicy, TokenClaims, is_identity
from ringback.identities.revocations import Revocations
from ringback.identities.service import Identities, IssuedToken
from ringback.identities.store import is_known
from ringback.identities.tokens import TokenVerifier

__all__ = [
    "Identities",
    "IssuedToken",
    "RecordingPolicy",
    "Revocations",
    "TokenClaims",
    "TokenVerifier",
    "is_identity",
    "is_known",
]
