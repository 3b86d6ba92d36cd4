"""The SDKs' channel: WebSocket sessions at `/rtc/v1`, by `protocol/signaling/`.

Its invariant: what a session is told comes from the outbox, after the commit; a session reaches only its own calls.
"""
