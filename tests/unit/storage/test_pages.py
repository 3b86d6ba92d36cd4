"""Lists that are shown some at a time."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, create_engine, select

from ringback.storage.pages import page_of

words = Table(
    "words", MetaData(), Column("id", Integer, primary_key=True), Column("word", String), Column("kind", String)
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        words.metadata.create_all(connection)
        rows = [("anna", "name"), ("boris", "name"), ("call", "noun"), ("dora", "name"), ("emil", "name")]
        connection.execute(words.insert(), [{"word": word, "kind": kind} for word, kind in rows])
        yield connection
    engine.dispose()


NAMES = select(words.c.word).where(words.c.kind == "name").order_by(words.c.word.desc())


@pytest.mark.parametrize(
    ("offset", "limit", "shown"),
    [(0, 2, ["emil", "dora"]), (2, 2, ["boris", "anna"]), (3, 2, ["anna"]), (4, 2, [])],
)
def test_some_are_shown_and_all_that_are_asked_for_are_counted(
    connection: Connection, offset: int, limit: int, shown: list[str]
) -> None:
    rows, total = page_of(connection, NAMES, offset, limit)
    assert [row.word for row in rows] == shown
    assert total == 4


def test_a_condition_may_name_what_is_not_shown(connection: Connection) -> None:
    flags = select((words.c.kind == "noun").label("is_noun")).where(words.c.id > 2).order_by(words.c.id)
    rows, total = page_of(connection, flags, 0, 2)
    assert [row.is_noun for row in rows] == [True, False]
    assert total == 3


def test_a_list_of_nothing_has_no_page(connection: Connection) -> None:
    assert page_of(connection, NAMES.where(words.c.id > 5), 0, 2) == ([], 0)
