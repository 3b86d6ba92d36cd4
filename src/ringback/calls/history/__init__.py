"""The call history: what is told of calls that have ended."""
