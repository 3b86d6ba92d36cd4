"""A client library of the public API, made by others, works when only its URL is changed."""

import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.integration.rest.serving import KEY, served

REPOSITORY: Final = Path(__file__).parents[3]

PYTHON: Final = REPOSITORY / ".venv-client" / "bin" / "python"
"""Its environment, which `tools/setup test` makes."""

CUSTOMER: Final = Path(__file__).parent / "client" / "customer.py"


@pytest.mark.worker
def test_a_public_client_manages_applications_entities_and_associations(tmp_path: Path) -> None:
    with served(tmp_path) as node:
        ended = subprocess.run(
            [PYTHON, CUSTOMER, node.url, KEY], capture_output=True, text=True, check=False, timeout=60
        )
    assert ended.returncode == 0, ended.stderr
