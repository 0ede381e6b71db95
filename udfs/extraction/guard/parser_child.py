"""One guarded child process per Python worker, in which all parsing of untrusted bytes happens.

pdfium aborts its process when memory is short, libxml2 and lexbor have crashed before, and a Python
alarm is not delivered while native code runs (set for 1 s, it came after 6.1 s). A process that can be
killed is the only boundary that holds; measured, it costs 0.03 ms per 100 kB document.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import TracebackType

from udfs.extraction.contract import DEFAULT_OPTIONS, Extraction, ExtractionOptions
from udfs.extraction.document_format import DocumentFormat, identify
from udfs.extraction.guard.framed_pipes import (
    DeadlineError,
    Frame,
    PipeClosedError,
    read_frame,
    wait_readable,
    write_frame,
)
from udfs.extraction.guard.quarantine import CircuitBreaker, DocumentQuarantine
from udfs.extraction.refusal import refusal_before_reading

GIBIBYTE = 1 << 30


@dataclass(frozen=True)
class ChildLimits:
    """What a document may cost, and how long a child lives.

    Attributes:
        cpu_seconds: Processor time of the child per document, by format. Not wall-clock time, so that
            a loaded machine does not change results.
        wall_factor: Multiple of ``cpu_seconds`` after which a child that does not even use its
            processor is given up.
        memory_bytes: Address space of the child. pdfium aborts when it is reached: status ``oom``.
        documents: Documents after which a child is replaced, by format: parsers leak slowly.
        resident_bytes: Resident memory after a document from which a child is replaced.
        start_seconds: Wall-clock time to load the readers and, on a machine's first run, to compile them.
    """

    cpu_seconds: dict[str, float] = field(
        default_factory=lambda: {"html": 15.0, "pdf": 180.0, "epub": 90.0, "text": 60.0}
    )
    wall_factor: float = 3.0
    memory_bytes: int = 2 * GIBIBYTE
    documents: dict[str, int] = field(
        default_factory=lambda: {"html": 2_000, "pdf": 500, "epub": 200, "text": 2_000}
    )
    resident_bytes: int = 700 << 20
    start_seconds: float = 600.0


class _ChildLostError(Exception):
    """The child died or was killed while it held a document."""

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class ParserChild:
    """Extracts documents in a child process that may die without harm.

    One long-lived child serves one caller; it is started with the first document, replaced after a
    crash, a timeout, or when it has served or grown enough. Use as a context manager:

        with ParserChild() as child:
            extraction = child.extract(content, url="https://example.org/a")

    Attributes:
        counts: Documents by status, and ``starts`` of children, since construction.
    """

    def __init__(
        self,
        limits: ChildLimits | None = None,
        options: ExtractionOptions = DEFAULT_OPTIONS,
        quarantine: DocumentQuarantine | None = None,
        readers: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare without starting anything.

        Args:
            limits: What a document may cost; the defaults are those of design notes and tests.
            options: Structural caps and choices for every document.
            quarantine: Documents that need not be tried; what kills this child is added.
            readers: Readers of the user's by their format: ``MODULE:FUNCTION``, imported in the child.
        """
        self.counts: Counter[str] = Counter()
        self._quarantine = DocumentQuarantine() if quarantine is None else quarantine
        self._breaker = CircuitBreaker(options.max_lost_share)
        self._limits = limits or ChildLimits()
        self._options = asdict(options)
        self._caps = options
        self._readers = dict(readers or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._wear = 0.0
        self._cpu_seconds = 0.0
        self._has_options = False

    def __enter__(self) -> ParserChild:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def extract(
        self,
        content: bytes,
        url: str | None = None,
        declared_charset: str | None = None,
        format: str | None = None,  # noqa: A002 - the word of the contract
    ) -> Extraction:
        """Extract one document; never raises for anything the document does.

        Args:
            content: The document.
            url: Where it came from; a hint, never fetched.
            declared_charset: Charset of the HTTP header.
            format: Format if it is certain, or one of ``readers``; None to tell it from the bytes.

        Returns:
            The extraction, or one with status ``timeout``, ``oom`` or ``crash``. A crash is tried once
            more in a fresh child, because the one before may have left the parser in a bad state; a
            timeout is not. What was lost once is not parsed again.

        Raises:
            RuntimeError: The child cannot even be started, or it loses more than ``max_lost_share`` of
                the latest documents: an installation fault, not the document's.
        """
        found = identify(content) if format is None else DocumentFormat(format)
        own = found.name in self._readers
        extraction = refusal_before_reading(content, found, self._caps, own=own)
        if extraction is None:
            extraction = self._quarantine.find(content, found.name)
        if extraction is None:
            extraction = self._extract_guarded(content, url, declared_charset, found.name)
            self._quarantine.add(content, extraction)
            self._breaker.count(extraction.status)
        self.counts[extraction.status] += 1
        return extraction

    def _extract_guarded(
        self, content: bytes, url: str | None, charset: str | None, name: str
    ) -> Extraction:
        for attempt in (1, 2):
            fresh = self._ensure_running()
            try:
                answer = self._ask(content, url, charset, name)
            except _ChildLostError as loss:
                self._forget(kill=True)
                is_final = attempt == 2 or loss.status == "timeout"
                if is_final or (fresh and loss.status == "oom"):
                    return Extraction(loss.status, format=name, detail=loss.detail)
                continue
            facts = answer.header["extraction"]
            facts["page_starts"] = tuple(facts["page_starts"])  # JSON knows lists alone
            extraction = Extraction(text=str(answer.payload, "utf-8"), **facts)
            self._account(answer, name)
            if extraction.status == "oom":
                self._forget(kill=True)
                if not fresh and attempt == 1:
                    continue  # memory that earlier documents left behind may be the reason
            return extraction
        raise AssertionError("both attempts return")

    def _ask(self, content: bytes, url: str | None, charset: str | None, name: str) -> Frame:
        assert self._process is not None
        cpu_limit = self._limits.cpu_seconds.get(name, 60.0)
        wall_end = time.monotonic() + self._limits.wall_factor * cpu_limit
        header: dict[str, object] = {
            "url": url,
            "charset": charset,
            "format": name,
            "reader": self._readers.get(name),
        }
        if not self._has_options:
            header["options"] = self._options
            self._has_options = True
        try:
            write_frame(self._request_pipe, header, content, wall_end)
            self._wait_for_answer(cpu_limit, wall_end)
            return read_frame(self._answer_pipe, wall_end)
        except PipeClosedError:
            raise self._describe_death(name) from None
        except DeadlineError:
            detail = f"no answer within {self._limits.wall_factor * cpu_limit:g} s"
            raise _ChildLostError("timeout", detail) from None

    def _wait_for_answer(self, cpu_limit: float, wall_end: float) -> None:
        """Wait by the child's processor time; it cannot have used more than the clock shows."""
        wait_seconds = cpu_limit
        while not wait_readable(self._answer_pipe, min(time.monotonic() + wait_seconds, wall_end)):
            used = self._processor_seconds() - self._cpu_seconds
            if used >= cpu_limit:
                raise _ChildLostError(
                    "timeout", f"{used:.1f} s of processor time; at most {cpu_limit:g} s are given"
                )
            if time.monotonic() >= wall_end:
                raise DeadlineError
            wait_seconds = max(0.05, cpu_limit - used)

    def _processor_seconds(self) -> float:
        """Processor time of the child so far; the clock's where the system does not tell."""
        assert self._process is not None
        try:
            with open(f"/proc/{self._process.pid}/stat", "rb") as file:
                fields = file.read().rpartition(b") ")[2].split()
        except OSError:
            return float("inf")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _describe_death(self, name: str) -> _ChildLostError:
        assert self._process is not None
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return _ChildLostError("crash", "the child closed its pipe and went on")
        if code >= 0:
            return _ChildLostError("crash", f"the child ended with exit code {code}")
        cause = signal.Signals(-code).name
        # pdfium answers an allocation that fails with abort(); SIGKILL comes from the kernel's OOM
        # killer, to which the child offers itself first.
        if code == -signal.SIGKILL or (code == -signal.SIGABRT and name == "pdf"):
            return _ChildLostError("oom", f"{cause}: the memory limit was reached")
        return _ChildLostError("crash", f"{cause} in the parser")

    def _ensure_running(self) -> bool:
        """Start a child when there is none; tell whether it is a fresh one."""
        if self._owner != os.getpid():  # forked: the child belongs to the other process
            self._process, self._owner = None, os.getpid()
        if self._process is not None and self._process.poll() is not None:
            self._forget(kill=False)
        if self._process is not None:
            return False
        self._start()
        return True

    def _start(self) -> None:
        command = [sys.executable or "python3", "-m", "udfs.extraction.guard.child_main"]
        self._process = subprocess.Popen(
            [*command, str(os.getpid()), str(self._limits.memory_bytes), *self._readers.values()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_child_environment(),
            cwd=os.sep,  # python -m looks in the working directory first; nothing of ours is there
        )
        self.counts["starts"] += 1
        for pipe in (self._request_pipe, self._answer_pipe):
            os.set_blocking(pipe, False)
            _enlarge_pipe(pipe)
        try:
            ready = read_frame(self._answer_pipe, time.monotonic() + self._limits.start_seconds)
        except (PipeClosedError, DeadlineError):
            errors = self._start_errors()
            raise RuntimeError(
                f"the parser child did not start within {self._limits.start_seconds:g} s; "
                f"it is run as {' '.join(command)} and said: {errors or 'nothing'}"
            ) from None
        self._wear, self._cpu_seconds = 0.0, ready.header["cpu_seconds"]
        self._has_options = False

    def _start_errors(self) -> str:
        assert self._process is not None
        self._process.kill()
        _, errors = self._process.communicate()
        self._process = None
        return errors.decode("utf-8", "replace")[-2_000:].strip()

    def _account(self, answer: Frame, name: str) -> None:
        self._cpu_seconds = answer.header["cpu_seconds"]
        self._wear += 1 / self._limits.documents.get(name, 2_000)
        if self._wear >= 1 or answer.header["resident_bytes"] > self._limits.resident_bytes:
            self._forget(kill=True)

    @property
    def _request_pipe(self) -> int:
        assert self._process is not None
        assert self._process.stdin is not None
        return self._process.stdin.fileno()

    @property
    def _answer_pipe(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def _forget(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    @property
    def processor_seconds(self) -> float:
        """Processor time of the running child up to its last answer; 0 before the first."""
        return self._cpu_seconds

    def close(self) -> None:
        """End the child; the object can be used again and starts a new one."""
        if self._owner == os.getpid():
            self._forget(kill=True)


def _child_environment() -> dict[str, str]:
    """The worker's import path for the child, and no source of chance.

    In a Spark worker ``udfs`` may stand in a zip that only ``sys.path`` knows. A fixed hash seed makes
    the order of sets the same in every child, whatever a parser does with them.
    """
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    return {
        **os.environ,
        "PYTHONPATH": path,
        "PYTHONHASHSEED": "0",
        "PYTHONWARNINGS": "ignore",
        "OMP_NUM_THREADS": "1",
    }


def _enlarge_pipe(descriptor: int) -> None:
    """A megabyte of buffer instead of 64 kB: fewer switches between the two processes."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, 1 << 20)
