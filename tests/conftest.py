"""What all tests share."""

import logging

import pytest
import structlog

# As `ringback serve` does unless it is told otherwise. Without a configuration, structlog would print every answer.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("markexpr"):
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.skip(reason="takes long: pytest -m soak"))
