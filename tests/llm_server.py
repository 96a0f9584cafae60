"""A real HTTP server that speaks OpenAI's chat completions and answers as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[dict[str, Any]], "Said"]


@dataclass
class Said:
    """What the server answers: a text of the model, or any status and bytes; ``slow`` seconds before the end of it."""

    text: str = ""
    status: int = 200
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    slow: float = 0.0
    usage: tuple[int, int] = (100, 20)
    finish: str = "stop"


def listed(mentions: list[tuple[str, str]], relations: list[tuple[str, str, str, str]] = ()) -> str:  # type: ignore[assignment]
    """The JSON of an answer: (text, class), and (subject, property, object, quote)."""
    return json.dumps({
        "mentions": [{"text": t, "class": c} for t, c in mentions],
        "relations": [{"subject": s, "property": p, "object": o, "quote": q} for s, p, o, q in relations],
    })  # fmt: skip


class Server:
    """``with Server(answer) as server``: ``server.url`` is the endpoint, ``server.asked`` what was asked for."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.asked, self.headers = answer, list[dict[str, Any]](), list[dict[str, str]]()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(body)
                outer.headers.append(dict(self.headers) | {"path": self.path})
                said = outer.answer(body)
                usage = dict(zip(("prompt_tokens", "completion_tokens"), said.usage, strict=True))
                choice = {
                    "index": 0,
                    "message": {"role": "assistant", "content": said.text},
                    "finish_reason": said.finish,
                }
                data = said.raw if said.raw is not None else json.dumps({"choices": [choice], "usage": usage}).encode()
                try:
                    self.send_response(said.status)
                    for name, value in {"Content-Type": "application/json", **said.headers}.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data[:10])
                    self.wfile.flush()
                    if said.slow:
                        outer.stopped.wait(said.slow)
                    self.wfile.write(data[10:])
                except (BrokenPipeError, ConnectionResetError):
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self.stopped = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Server:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()


def passage(body: dict[str, Any]) -> str:
    """The passage that a request is about."""
    return next(m["content"] for m in body["messages"] if m["role"] == "user")
