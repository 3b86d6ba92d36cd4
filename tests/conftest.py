"""What all tests share."""

import logging

import structlog

# As `ringback serve` does unless it is told otherwise. Without a configuration, structlog would print every answer.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
