"""Backends that divide their accounts."""

from typing import TYPE_CHECKING

import pytest

from tests.integration.backend import Backend

if TYPE_CHECKING:
    from tests.integration.conftest import Node


@pytest.fixture
def backend(node: "Node") -> Backend:
    return Backend(node, "/provisioning/1")


@pytest.fixture
def stranger(node: "Node") -> Backend:
    """The backend of somebody else."""
    return Backend(node, "/provisioning/1")
