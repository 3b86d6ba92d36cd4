"""A node without rate limits, and two accounts on it."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from ringback.settings import Settings
from tests.integration.conftest import started
from tests.integration.rest.accounts import Two, two_accounts, unlimited


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two") / "data"
    with started(Settings(data_dir=folder, rate_limits=unlimited())) as node:
        yield two_accounts(node)


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """A line in the log for each of some ten thousand requests hides what went wrong in one of them."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.configure(**before)
