"""Ringback: self-hosted voice and video for any application. Start reading at ARCHITECTURE.md."""

__version__ = "0.1.0"
