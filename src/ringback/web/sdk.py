"""Serves the built SDK to pages of any origin, at `/sdk/<file>` and, to be kept, at `/sdk/<version>/<file>`."""

from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ringback import __version__
from ringback.web.pages import IMMUTABLE

BUILT_SDK: Final = Path(__file__).parents[1] / "static" / "sdk"
"""Where the build puts it, in a checkout and in the wheel."""

SCRIPT: Final = "text/javascript; charset=utf-8"
SOURCE_MAP: Final = "application/json"

FILES: Final = {
    "ringback-rtc.js": ("ringback-rtc.global.js", SCRIPT),
    "infobip.rtc.js": ("ringback-rtc.global.js", SCRIPT),
    "ringback-rtc.mjs": ("ringback-rtc.mjs", SCRIPT),
    "ringback-rtc.global.js.map": ("ringback-rtc.global.js.map", SOURCE_MAP),
    "ringback-rtc.mjs.map": ("ringback-rtc.mjs.map", SOURCE_MAP),
}
"""What is asked for, the built file, and its type. Scripts name their maps by the names that these were built with."""

HEADERS: Final = {
    # Said to everybody, also who names no origin: a cache could give that answer to a page of another one.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",  # for pages that isolate themselves
}


class Sdk(StaticFiles):
    """The folder `directory` of built files; a missing build says how to make it."""

    def __init__(self, directory: Path = BUILT_SDK) -> None:
        super().__init__(directory=directory, check_dir=False)
        self.config_checked = True  # Starlette would raise where we explain

    async def get_response(self, path: str, scope: Scope) -> Response:
        version, _, name = path.rpartition("/")
        if name not in FILES or version not in {"", __version__}:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        file, media_type = FILES[name]
        try:
            response = await super().get_response(file, scope)
        except HTTPException as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return PlainTextResponse("The SDK is not built: run `make build`.\n", HTTPStatus.NOT_FOUND)
            raise
        response.headers.update(HEADERS)
        response.headers["Cache-Control"] = IMMUTABLE if version else "no-cache"
        if response.status_code != HTTPStatus.NOT_MODIFIED:
            response.headers["Content-Type"] = media_type
        return response
