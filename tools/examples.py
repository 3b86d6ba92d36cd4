"""Compiles the TypeScript examples of the documents against the SDK's source: `python -m tools.examples`."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[1]
DOCUMENTS: Final = (
    "README.md",
    "docs/howto/first-call.md",
    *sorted(
        str(path.relative_to(REPOSITORY))
        for path in REPOSITORY.glob("docs/howto/sdk/*.md")
        if path.name not in {"README.md", "testing.md"}  # a table; and a test, which is run where the SDK's tests are
    ),
)

SURROUNDINGS: Final = """
declare const token: string;
declare const rtc: import("@ringback/rtc").RingbackRtc;
declare const call: import("@ringback/rtc").WebrtcCall;
declare const room: import("@ringback/rtc").RoomCall;
declare const shareButton: HTMLButtonElement;
declare const audioElement: HTMLAudioElement;
declare const myVideo: HTMLVideoElement;
declare const theirVideo: HTMLVideoElement;
declare const acceptButton: HTMLButtonElement;
declare const declineButton: HTMLButtonElement;
declare function showThatNobodyCanCall(reason: string): void;
declare function showRinging(): void;
declare function showState(what: string): void;
declare function markAbsent(participant: import("@ringback/rtc").Participant, absent: boolean): void;
declare const chosenId: string;
declare const unmuteButton: HTMLButtonElement;
declare function showChoice(deviceId: string, label: string): void;
declare function showText(from: string, text: string, direct: boolean): void;
declare function markText(id: string, delivered: boolean): void;
declare function showWhy(reason: string): void;
declare function showIncoming(name: string | null): void;
declare function showTile(participant: import("@ringback/rtc").Participant, stream: MediaStream): void;
declare function removeTile(participant: import("@ringback/rtc").Participant): void;
"""
"""What the examples expect of the page around them."""


def main() -> int:
    """Compile the blocks of each document together, as one module. The compiler says what is wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "surroundings.d.ts").write_text(SURROUNDINGS, encoding="utf-8")
        for document in DOCUMENTS:
            blocks = re.findall(
                r"^```ts\n(.*?)^```", (REPOSITORY / document).read_text("utf-8"), re.DOTALL | re.MULTILINE
            )
            if not blocks:
                print(f"{document} has no example.", file=sys.stderr)
                return 1
            module = "\n".join((*blocks, "export {};"))
            (folder / document.replace("/", "-")).with_suffix(".ts").write_text(module, encoding="utf-8")
        configuration = {
            "extends": str(REPOSITORY / "tsconfig.base.json"),
            "compilerOptions": {
                "lib": ["ES2022", "DOM", "DOM.Iterable"],
                "paths": {
                    name: [f"{REPOSITORY}/packages/{module}.ts"]
                    for name, module in (
                        ("@ringback/rtc", "rtc/src/index"),
                        ("@ringback/rtc/infobip", "rtc/src/infobip"),
                        ("@ringback/protocol", "protocol/src/index"),
                    )
                },
            },
            "include": ["*.ts"],
        }
        (folder / "tsconfig.json").write_text(json.dumps(configuration), encoding="utf-8")
        return subprocess.run([REPOSITORY / "node_modules/.bin/tsc", "--noEmit", "-p", folder], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
