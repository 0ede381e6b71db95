"""The child's side: limits itself, loads the readers, then answers one document after the other.

Started by ``udfs.extraction.guard.parser_child`` as
``python -m udfs.extraction.guard.child_main PARENT_PID MEMORY_LIMIT [MODULE:FUNCTION ...]``, the last
being readers of the user's; requests come on standard input, answers leave on what was standard
output. It ends when its input ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import pkgutil
import resource
import signal
import sys
import time
from collections.abc import Sequence

from udfs.extraction.contract import Extraction, ExtractionOptions
from udfs.extraction.document_reading import extract
from udfs.extraction.guard.framed_pipes import PipeClosedError, encode_frame, read_frame

_PR_SET_PDEATHSIG = 1
_PAGE_SIZE = resource.getpagesize()


def main() -> None:
    """Serve until the parent closes the pipe or dies."""
    parent, memory_limit = int(sys.argv[1]), int(sys.argv[2])
    answers = _take_standard_output()
    _die_with(parent)
    _load_readers(sys.argv[3:])
    _silence()
    _limit_resources(memory_limit)
    _answer(answers, {"ready": True, **_usage()}, b"")
    with contextlib.suppress(PipeClosedError, KeyboardInterrupt):
        _serve(answers)


def _serve(answers: int) -> None:
    options = ExtractionOptions()
    while True:
        request = read_frame(0)
        header = request.header
        if "options" in header:  # in a child's first request
            options = ExtractionOptions(**header["options"])
        extraction = extract(
            request.payload,
            header["url"],
            declared_charset=header["charset"],
            options=options,
            known_format=header["format"],
            reader=header["reader"],
        )
        facts, text = extraction_to_frame(extraction)
        del request
        _answer(answers, {**facts, **_usage()}, text)


def extraction_to_frame(extraction: Extraction) -> tuple[dict[str, object], bytes]:
    """Split an extraction into a JSON header and the text as payload."""
    facts = dict(vars(extraction))  # flat; asdict would copy every value
    return {"extraction": facts}, facts.pop("text").encode("utf-8")


def _answer(descriptor: int, header: dict[str, object], payload: bytes) -> None:
    for part in encode_frame(header, payload):
        view = memoryview(part)
        while view:
            try:
                view = view[os.write(descriptor, view) :]
            except BrokenPipeError as error:
                raise PipeClosedError from error


def _take_standard_output() -> int:
    """Keep the answer pipe to ourselves: native libraries print to standard output."""
    answers = os.dup(1)
    _redirect_to_nowhere(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    return answers


def _silence() -> None:
    """From here on parsers complain; until here the parent wants to hear why loading failed."""
    _redirect_to_nowhere(2)
    logging.disable(logging.CRITICAL)


def _redirect_to_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _die_with(parent: int) -> None:
    """Spark kills workers with SIGKILL, which leaves no time to close a pipe."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the request took effect
        os._exit(0)
    # When the machine runs short of memory, the kernel shall take this process, not the worker.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def _load_readers(own: Sequence[str]) -> None:
    """Load what the default profile reads pages with before the first document, whose time limit shall
    not pay for it; other readers take a quarter of a second of theirs.
    """

    # The first page compiles patterns and fills tables.
    extract(
        b"<html><title>t</title><body><p>A page that makes the readers load their parts.</p></html>"
    )
    for place in own:
        pkgutil.resolve_name(place)
    gc.collect()
    gc.freeze()


def _limit_resources(memory_limit: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        memory_limit = min(memory_limit, hard)  # spark.executor.pyspark.memory is inherited
    with contextlib.suppress(OSError, ValueError):  # macOS refuses RLIMIT_AS
        resource.setrlimit(resource.RLIMIT_AS, (memory_limit, hard))


def _usage() -> dict[str, float]:
    """Processor seconds so far and resident bytes now: the parent's limits and recycling need them."""
    try:
        with open("/proc/self/statm", "rb") as file:
            resident = int(file.read().split()[1]) * _PAGE_SIZE
    except OSError:
        resident = 0
    return {"cpu_seconds": time.process_time(), "resident_bytes": resident}


if __name__ == "__main__":
    main()
