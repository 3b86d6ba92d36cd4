"""How hard the properties are tried.

`fast` repeats the same examples in every run, so that CI cannot flake. `make soak` sets RINGBACK_PROPERTIES=soak and
searches new ones; what it finds becomes a test of its own.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "fast",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=100,
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "soak",
    deadline=None,
    max_examples=5_000,
    stateful_step_count=100,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("RINGBACK_PROPERTIES", "fast"))
