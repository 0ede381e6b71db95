"""The guarded child: same answers as in this process, and every way to die is one status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.document_builders import deflate_bomb, pdf_of_contents, pdf_of_lines, simple_epub, stream
from udfs.extract_document import extract
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.guard.parser_child import ChildLimits, ParserChild
from udfs.extraction.guard.quarantine import DocumentQuarantine

SENTENCE = "Whoever cannot say what was in the data cannot say why the model lies about it. "
PAGE = f"<html><title>On data</title><body><p>{SENTENCE * 4}</p></body></html>".encode()
OTHER_PAGE = PAGE.replace(b"On data", b"On other data")
SLOW_PAGE = b"<html><body><dl>" + b"<dt>a<dd>b" * 24_000
DOCUMENTS = [
    PAGE,
    pdf_of_lines([[(72, 700, SENTENCE.strip())]]),
    simple_epub(f"<p>{SENTENCE}</p>"),
    ("数据质量决定一切。" * 20).encode("gbk"),
    b"",
    bytes(1000),
]


class DyingChild(ParserChild):
    """Sends its child a signal before each of the next ``deaths`` documents."""

    deaths = 0
    signal_number = signal.SIGSEGV

    def _ask(self, *arguments: object) -> object:  # type: ignore[override]
        if self.deaths > 0:
            self.deaths -= 1
            assert self._process is not None
            os.kill(self._process.pid, self.signal_number)
            self._process.wait()
        return super()._ask(*arguments)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def child() -> Iterator[ParserChild]:
    with ParserChild() as running:
        yield running


def test_the_child_answers_as_this_process_does(child: ParserChild) -> None:
    assert [child.extract(content) for content in DOCUMENTS] == [extract(c) for c in DOCUMENTS]
    assert child.counts["starts"] == 1


def test_url_and_charset_reach_the_reader(child: ParserChild) -> None:
    content = "<p>да".encode("cp1251")
    extraction = child.extract(content, "https://example.org/\ud800", "windows-1251")
    assert extraction == extract(content, declared_charset="windows-1251")
    assert extraction.charset == "cp1251"


def test_options_reach_the_child() -> None:
    options = ExtractionOptions(html_max_tags=3)
    with ParserChild(options=options) as small:
        assert small.extract(PAGE).status == "too_complex"
        assert small.extract(PAGE) == extract(PAGE, options=options)


def test_a_known_format_is_not_doubted(child: ParserChild) -> None:
    text = b"<html> is the REPOSITORY of every page. " * 5
    assert child.extract(text, format="text") == extract(text, known_format="text")
    assert child.extract(text, format="text").text.startswith("<html> is the REPOSITORY")


def test_oversized_documents_are_refused_before_they_are_sent() -> None:
    with ParserChild(options=ExtractionOptions(text_max_bytes=1000)) as unused:
        assert unused.extract(b"words " * 1000).status == "too_big"
        assert unused.counts["starts"] == 0


def test_a_crash_is_tried_again_in_a_fresh_child() -> None:
    with DyingChild() as dying:
        dying.deaths = 1
        assert dying.extract(PAGE) == extract(PAGE)
        assert dying.counts["starts"] == 2


def test_a_second_crash_is_the_documents_status() -> None:
    with DyingChild() as dying:
        dying.deaths = 2
        extraction = dying.extract(PAGE)
        assert (extraction.status, extraction.format) == ("crash", "html")
        assert "SIGSEGV" in extraction.detail
        assert dying.extract(OTHER_PAGE).status == "ok"


def test_what_was_lost_is_not_parsed_again() -> None:
    quarantine = DocumentQuarantine()
    with DyingChild(quarantine=quarantine) as dying:
        dying.deaths = 2
        lost = dying.extract(PAGE)
        starts = dying.counts["starts"]
        assert dying.extract(PAGE) == lost
        assert dying.counts == {"crash": 2, "starts": starts}
    with ParserChild(quarantine=quarantine) as other:  # a retried task in the same worker
        assert other.extract(PAGE) == lost
        assert other.counts["starts"] == 0


def test_too_many_losses_stop_the_task() -> None:
    with DyingChild(options=ExtractionOptions(max_lost_share=0.002)) as dying:
        for number in range(2):
            dying.deaths = 2
            assert dying.extract(PAGE + b"%d" % number).status == "crash"
        dying.deaths = 2
        with pytest.raises(RuntimeError, match=r"3 of the latest 3 documents.*max_lost_share"):
            dying.extract(PAGE + b"2")


def test_the_kernels_memory_killer_means_oom() -> None:
    with DyingChild() as dying:
        dying.extract(PAGE)
        dying.signal_number = signal.SIGKILL
        dying.deaths = 2
        assert dying.extract(PAGE).status == "oom"


def test_processor_time_is_limited_and_a_timeout_is_not_tried_again() -> None:
    limits = ChildLimits(cpu_seconds={"html": 0.2}, wall_factor=100)  # for loaded machines
    with ParserChild(limits, ExtractionOptions(profile="balanced")) as limited:
        start = time.monotonic()
        extraction = limited.extract(SLOW_PAGE)
        assert extraction.status == "timeout"
        assert "at most 0.2 s" in extraction.detail
        assert limited.counts["starts"] == 1
        assert time.monotonic() - start < 30
        assert limited.extract(PAGE).status == "ok"


def test_a_stopped_child_is_given_up_by_the_clock() -> None:
    limits = ChildLimits(cpu_seconds={"html": 0.2}, wall_factor=3)
    with DyingChild(limits) as stopped:
        stopped.extract(PAGE)
        assert stopped._process is not None
        os.kill(stopped._process.pid, signal.SIGSTOP)
        extraction = stopped.extract(PAGE)
        assert extraction.status == "timeout"
        assert "no answer within" in extraction.detail


def test_memory_is_limited_and_pdfiums_abort_is_oom() -> None:
    bomb = pdf_of_contents(
        [stream(deflate_bomb(600_000_000), b"/Filter [/FlateDecode /FlateDecode]")]
    )
    with ParserChild(ChildLimits(memory_bytes=700 << 20)) as limited:
        assert limited.extract(PAGE).status == "ok"
        extraction = limited.extract(bomb)
        assert extraction.status == "oom", extraction
        assert limited.extract(PAGE).status == "ok"


def test_the_child_is_replaced_after_its_share_of_documents() -> None:
    limits = ChildLimits(documents={"html": 2})
    with ParserChild(limits) as recycled:
        answers = [recycled.extract(PAGE) for _ in range(5)]
        assert answers == [extract(PAGE)] * 5
        assert recycled.counts["starts"] == 3


def test_the_child_is_replaced_when_it_has_grown() -> None:
    with ParserChild(ChildLimits(resident_bytes=1)) as grown:
        grown.extract(PAGE)
        grown.extract(PAGE)
        assert grown.counts["starts"] == 2


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, signal, sys\n"
        "from udfs.extraction.guard.parser_child import ParserChild\n"
        "child = ParserChild()\n"
        "child.extract(b'words')\n"
        "print(child._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=False,
    )
    process_id = int(parent.stdout)
    for _ in range(100):
        if not _is_alive(process_id):
            return
        time.sleep(0.05)
    pytest.fail(f"child {process_id} outlived its parent")


def _is_alive(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return False
    return state != "Z"


def test_the_package_may_stand_in_a_zip_that_only_the_path_knows(tmp_path: Path) -> None:
    archive = tmp_path / "app.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path in (REPOSITORY / "udfs").rglob("*.py"):
            target.write(path, path.relative_to(REPOSITORY))
    script = tmp_path / "elsewhere.py"
    script.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(archive)!r})\n"
        "from udfs.extraction.guard.parser_child import ParserChild\n"
        "import udfs\n"
        "assert '.zip' in udfs.__file__\n"
        "with ParserChild() as child:\n"
        "    print(child.extract(b'words in a zip').text)\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    result = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env=environment, cwd=tmp_path,
        check=False,
    )  # fmt: skip
    assert result.stdout.strip() == "words in a zip", result.stderr


def test_a_child_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"PYTHONHOME": "/nowhere"}
    monkeypatch.setattr(
        "udfs.extraction.guard.parser_child._child_environment", lambda: environment
    )
    with ParserChild() as broken, pytest.raises(RuntimeError, match="No module named"):
        broken.extract(PAGE)


def test_a_forked_process_does_not_share_its_parents_child(child: ParserChild) -> None:
    assert child.extract(PAGE).status == "ok"
    assert child._process is not None
    inherited = child._process.pid
    reading, writing = os.pipe()
    forked = os.fork()
    if forked == 0:
        child.extract(PAGE)
        os.write(writing, str(child._process.pid).encode())
        child.close()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        assert int(answer.read()) != inherited
    os.waitpid(forked, 0)
    assert child.extract(PAGE).status == "ok"
