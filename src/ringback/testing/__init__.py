"""Fakes, virtual time and builders, for Ringback's own tests and for those of applications that embed it."""
