"""Serves the page beside it, and tokens: `RINGBACK_API_KEY=... python3 token_server.py`, then http://localhost:3000."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

PLATFORM = os.environ.get("RINGBACK_URL", "http://127.0.0.1:8080")
API_KEY = os.environ["RINGBACK_API_KEY"]  # it never leaves this server
PORT = int(os.environ.get("PORT", "3000"))
PAGE = Path(__file__).with_name("index.html")
REQUEST_LIMIT = 1000  # bytes


def who_asks(request: bytes) -> object:
    """Your login belongs here: whoever gets a token is this identity to everybody. For a trial, the page chooses."""
    asked = json.loads(request)
    return asked.get("identity") if isinstance(asked, dict) else None


def ask_for_token(identity: object) -> str:
    body = json.dumps({"identity": identity, "timeToLive": 3600}).encode()
    headers = {"Authorization": f"App {API_KEY}", "Content-Type": "application/json"}
    with urlopen(Request(f"{PLATFORM}/webrtc/1/token", body, headers), timeout=10) as answer:
        return str(json.load(answer)["token"])


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/":
            self.answer(200, "text/html; charset=utf-8", PAGE.read_bytes())
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        if self.path != "/token":
            self.send_error(404)
            return
        try:
            length = min(int(self.headers.get("Content-Length", "0")), REQUEST_LIMIT)
            token = ask_for_token(who_asks(self.rfile.read(length)))
            self.answer(200, "application/json", json.dumps({"token": token, "url": PLATFORM}).encode())
        except ValueError:
            self.send_error(400, "This is not JSON")
        except (HTTPError, URLError) as error:
            self.send_error(400 if getattr(error, "code", 0) == 400 else 502, f"The platform gives no token: {error}")

    def answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", PORT), Server).serve_forever()
