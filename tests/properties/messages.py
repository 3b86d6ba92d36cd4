"""Messages that a client might send: good ones, ones with a field bent, and nonsense."""

import json
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

VECTORS: Final = Path(__file__).parents[2] / "protocol" / "signaling" / "vectors"

GOOD: Final[list[dict[str, Any]]] = [
    vector["message"]
    for vector in (json.loads(file.read_text()) for file in sorted((VECTORS / "valid").glob("*.json")))
    if vector["direction"] == "to_server"
]

JUNK: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def messages(draw: st.DrawFn, call_ids: list[str]) -> Any:
    """One message as Python values, most of them nearly right."""
    message = dict(draw(st.sampled_from(GOOD)))
    if "callId" in message and draw(st.booleans()):
        message["callId"] = draw(st.sampled_from(call_ids))
    match draw(st.sampled_from(["good", "good", "good", "bent", "without", "junk"])):
        case "bent":
            message[draw(st.sampled_from(sorted(message)))] = draw(JUNK)
        case "without":
            del message[draw(st.sampled_from(sorted(message)))]
        case "junk":
            return draw(JUNK)
    return message


def frames(call_ids: list[str]) -> st.SearchStrategy[str | bytes]:
    """One frame, now and then not even JSON."""
    text = messages(call_ids).map(lambda message: json.dumps(message))
    return st.one_of(text, text, text, text, st.text(max_size=50), st.binary(max_size=20))
