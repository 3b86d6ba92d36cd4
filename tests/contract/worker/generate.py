"""Writes what is derived in `protocol/worker/`: the schema, and the bytes of each vector.

Run it from the root of the repository when the types in `ringback.media` or the messages of the vectors have changed:

    PYTHONPATH=src python tests/contract/worker/generate.py

The messages are written by hand and the bytes are reviewed in the diff; tests never call `write`.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from ringback.media import protocol
from ringback.media.commands import Answer, Done
from ringback.media.model import Snapshot

FOLDER = Path(__file__).parents[3] / "protocol" / "worker"
VECTORS = FOLDER / "vectors"


def schema() -> str:
    """The JSON schema of every message and result, as text."""
    roots = [protocol.ToWorker, protocol.FromWorker, Done, Answer, Snapshot]
    (to_worker, from_worker, *results), components = msgspec.json.schema_components(
        roots, ref_template="#/$defs/{name}"
    )
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The worker protocol, version 1",
        "$defs": {"ToWorker": to_worker, "FromWorker": from_worker, "Result": {"anyOf": results}, **components},
        "anyOf": [{"$ref": "#/$defs/ToWorker"}, {"$ref": "#/$defs/FromWorker"}],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def message_of(vector: dict[str, Any]) -> protocol.ToWorker | protocol.FromWorker:
    """The message that a vector describes."""
    union = protocol.ToWorker if vector["direction"] == "to_worker" else protocol.FromWorker
    message: protocol.ToWorker | protocol.FromWorker = msgspec.convert(vector["message"], union)
    return message


def write() -> None:
    """Bring the schema and the `hex` of every vector up to date."""
    (FOLDER / "schema.json").write_text(schema())
    for path in sorted(VECTORS.glob("*.json")):
        vector = json.loads(path.read_text())
        vector["hex"] = protocol.encode(message_of(vector)).hex()
        path.write_text(json.dumps(vector, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write()
