"""How a capture's file is named."""

import re
from datetime import UTC, datetime

import pytest

from ringback.captures.model import file_name
from ringback.quarantine.model import FileFormat

NOON = datetime(2030, 1, 1, 12, 0, 0, 123_999, tzinfo=UTC)
ID = "00000000-0000-0000-0000-000000000001"


def test_a_name_says_whose_picture_it_is_and_when_it_was_taken() -> None:
    assert file_name(ID, "anna", FileFormat.PNG, NOON) == f"{ID}_anna_1893499200123.png"
    assert file_name(ID, "boris", FileFormat.JPEG, NOON) == f"{ID}_boris_1893499200123.jpg"


@pytest.mark.parametrize("identity", ["anna=+/.", "Аня", "../../etc/passwd", "x" * 64, "…" * 64])
def test_a_name_is_safe_in_a_header_and_in_a_folder(identity: str) -> None:
    name = file_name(ID, identity, FileFormat.PNG, NOON)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    assert len(name) <= 150
