"""A hub of models on this machine, for PaddleOCR's own download: as much of Hugging Face's HTTP as
huggingface_hub asks for."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

_COMMIT: Final = "0" * 40


@contextmanager
def model_hub(repositories: Mapping[str, Mapping[str, bytes]]) -> Iterator[tuple[str, list[str]]]:
    """Yields its address, and a list that grows by each path that is asked for. `repositories`:
    files by name, by the repository's name."""
    asked: list[str] = []

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(b"")

        def do_GET(self) -> None:
            self._answer(None)

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, body: bytes | None) -> None:
            path = self.path.partition("?")[0]
            asked.append(path)
            content = _content(path, repositories)
            self.send_response(404 if content is None else 200)
            content = content or b""
            self.send_header("Content-Length", str(len(content)))
            self.send_header("X-Repo-Commit", _COMMIT)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()[:40]}"')
            self.end_headers()
            self.wfile.write(content if body is None else body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _content(path: str, repositories: Mapping[str, Mapping[str, bytes]]) -> bytes | None:
    words = path.strip("/").split("/")
    if path == "/":
        return b""
    api = words[:2] == ["api", "models"]
    name = "/".join(words[2:4] if api else words[:2])
    files = repositories.get(name)
    if files is None:
        return None
    if not api:
        return files.get(words[-1])
    if "tree" in words:
        entries = [
            {"type": "file", "oid": "1" * 40, "size": len(content), "path": path}
            for path, content in files.items()
        ]
        return json.dumps(entries).encode()
    siblings = [{"rfilename": each} for each in files]
    return json.dumps({"id": name, "sha": _COMMIT, "siblings": siblings}).encode()
