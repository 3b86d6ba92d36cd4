"""Serves the built pages: Vite's output, one folder per app, at `/app/<name>` (their base is `/app/<name>/`)."""

from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""For what Vite puts under `assets/`: the file's name changes with its content."""

STATIC_PAGES: Final = Path(__file__).parents[1] / "static" / "app"
"""Where the build puts them, in a checkout and in the wheel."""


class Pages(StaticFiles):
    """The folder `directory` of built apps; a missing build says how to make it."""

    def __init__(self, directory: Path = STATIC_PAGES) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._root = directory
        self.config_checked = True  # Starlette would raise where we explain

    async def get_response(self, path: str, scope: Scope) -> Response:
        name, _, file = path.partition("/")
        try:
            response = await super().get_response(path if file else f"{name}/index.html", scope)
        except HTTPException as error:
            if error.status_code == HTTPStatus.NOT_FOUND and not file:
                return PlainTextResponse(
                    "This page is not here. If it should be: run `make build`, which builds all pages.\n",
                    HTTPStatus.NOT_FOUND,
                )
            raise
        response.headers["Cache-Control"] = IMMUTABLE if file.startswith("assets/") else "no-cache"
        return response
