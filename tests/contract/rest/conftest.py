"""The node and the two accounts of the REST tests."""

from tests.integration.rest.conftest import quiet, two  # noqa: F401 - fixtures
