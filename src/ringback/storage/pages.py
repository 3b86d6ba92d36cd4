"""Lists that are shown some at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func


def page_of(connection: Connection, query: Select[Any], offset: int, limit: int) -> tuple[Sequence[Row[Any]], int]:
    """Some rows of `query`, which has an order that leaves nothing to chance, and how many it has in all."""
    count = query.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    return connection.execute(query.offset(offset).limit(limit)).all(), connection.scalar(count) or 0
