"""Recordings: what an account has recorded of its WebRTC calls. So far this is a setting; nothing is recorded yet."""
