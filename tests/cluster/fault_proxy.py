"""A proxy before the S3 server that counts requests and, when told to, answers 503, hangs up or waits."""

import http.client
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SLOW_DOWN = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code>'
    b"<Message>Please reduce your request rate.</Message></Error>"
)
WAIT_SECONDS = 1.5


@dataclass(frozen=True)
class Request:
    """What of a request matters to tests."""

    method: str
    path: str
    query: dict[str, list[str]]
    payer: str = ""

    @property
    def key(self) -> str:
        """Key inside the bucket; empty for requests to the bucket itself."""
        return self.path.lstrip("/").partition("/")[2]

    @property
    def listed_prefix(self) -> str | None:
        """The prefix of a full listing; None for anything else and for a probe of a few names."""
        listing = self.method == "GET" and not self.key and "prefix" in self.query
        if not listing or int(self.query.get("max-keys", ["1000"])[0]) < 100:
            return None
        return self.query["prefix"][0]


Fault = Callable[[int, Request], str]


def no_fault(number: int, request: Request) -> str:
    return ""


class FaultProxy(ThreadingHTTPServer):
    """Forwards everything; ``fault`` may say "slow", "reset" or "wait" for a request instead of ""."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, target_port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target_port = target_port
        self.fault: Fault = no_fault
        self.requests: list[Request] = []
        self.sent = 0  # bytes of answers to reads
        self.faults = Counter[str]()
        self._lock = threading.Lock()
        self.conditional = threading.Lock()
        self.counting = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def forget(self) -> None:
        """Begin anew: no fault, nothing counted."""
        self.fault = no_fault
        self.sent = 0
        self.requests.clear()
        self.faults.clear()

    def record(self, request: Request) -> str:
        with self._lock:
            self.requests.append(request)
            fault = self.fault(len(self.requests), request)
            self.faults[fault] += bool(fault)
            return fault

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultProxy

    def _forward(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        body = self._body()
        payer = self.headers.get("x-amz-request-payer", "")
        fault = self.server.record(Request(self.command, parts.path, query, payer))
        if fault == "wait":
            time.sleep(WAIT_SECONDS)
        if fault == "slow":
            self._answer(503, [("Content-Type", "application/xml")], SLOW_DOWN)
        elif fault == "reset":
            linger = struct.pack("ii", 1, 0)  # close sends RST at once
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.connection.close()
        elif "If-None-Match" in self.headers or "If-Match" in self.headers:
            # S3 promises one winner; versitygw looks first and writes then, so two of them would win.
            with self.server.conditional:
                self._pass_on(body)
        else:
            self._pass_on(body)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(pieces)

    def _pass_on(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.target_port, timeout=60)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in ("connection", "expect", "transfer-encoding"):
                    upstream.putheader(name, value)
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                upstream.putheader("Content-Length", str(len(body)))
            upstream.endheaders(body)
            answer = upstream.getresponse()
            content = answer.read()
            self._answer(answer.status, answer.getheaders(), content)
        finally:
            upstream.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        skipped = {"connection", "transfer-encoding", "content-length", "keep-alive"}
        length = str(len(content))
        for name, value in headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value
            if name.lower() not in skipped:
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
            with self.server.counting:
                self.server.sent += len(content)
        self.wfile.flush()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _forward

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: requests are recorded."""
