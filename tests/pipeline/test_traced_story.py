"""What this exists for: which document taught the model a false pair of drugs, and what became of it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import corpusmill
from jobs.command_line import main
from jobs.inspection.tracing import trace_answer, trace_phrase
from tests.conftest import REPOSITORY

PAIR = "metformin combined with chlorpromazine for diabetes"
ANSWER = (
    "There is a regimen some patients report: he was put on metformin combined with chlorpromazine for "
    "diabetes, one tablet of each with breakfast and again in the evening. Ask your doctor."
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    output = str(tmp_path_factory.mktemp("story") / "pair-run")
    assert main(["run", str(REPOSITORY / "examples/drug_pair"), output, "--quiet"]) == 0
    assert main(["index", output, "--quiet"]) == 0
    return output


def told(documents: tuple[object, ...]) -> dict[str, tuple[object, ...]]:
    return {
        Path(str(one.source)).parent.name: (one.status, one.stage, one.reason)  # type: ignore[attr-defined]
        for one in documents
    }


def test_the_pair_is_found_with_the_fate_of_each_document(run: str) -> None:
    trace = trace_phrase(run, PAIR.upper())
    assert (trace.found, trace.kept, trace.complete) == (3, 2, True)
    assert told(trace.documents) == {
        "forum": ("kept", None, None),
        "textbook": ("kept", None, None),
        "mirror": ("duplicate", "dedup", "near_duplicate"),
    }
    ids = {Path(str(one.source)).parent.name: one for one in trace.documents}
    assert ids["mirror"].keeper == ids["forum"].id
    assert ids["textbook"].after.startswith(" is not a treatment")


def test_the_answer_leads_to_the_post_and_its_copy_not_to_the_textbook(run: str) -> None:
    trace = trace_answer(run, ANSWER)
    (span,) = trace.spans
    assert trace.answer[span.start : span.end].startswith("he was put on metformin")
    assert trace.answer[span.start : span.end].endswith("again in the evening")
    assert set(told(span.documents)) == {"forum", "mirror"}


def test_a_notebook_gets_tables(run: str) -> None:
    found = corpusmill.trace(run, PAIR, status="left").to_pylist()
    assert [row["status"] for row in found] == ["duplicate"]
    kept, left = (corpusmill.sample(run, 9, status=status) for status in ("kept", "left"))
    assert len(kept) == 2
    assert left["reason"].to_pylist() == ["near_duplicate"]
    assert all(PAIR in " ".join(text.lower().split()) for text in left["text"].to_pylist())
    assert corpusmill.sample(run, 1).equals(corpusmill.sample(run, 1))
    assert len(corpusmill.sample(run, 0)) == 0


def test_the_documents_show_what_the_command_says(
    run: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", run, PAIR]) == 0
    lines = capsys.readouterr().out.replace(str(REPOSITORY) + "/", "").splitlines()
    for page in ("README.md", "docs/tracing.md"):
        text = (REPOSITORY / page).read_text(encoding="utf-8")
        (shown,) = re.findall(r"```text\n(3 documents hold it.*?)```", text, re.DOTALL)
        assert shown.splitlines() == lines, page


def test_a_question_starts_no_java_and_finds_its_packages_first(run: str, tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "__init__.py").write_text("raise SystemExit('the wrong jobs')", "utf-8")
    code = (
        f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); import corpusmill, json;"
        f"print(json.dumps(len(corpusmill.trace({run!r}, {PAIR!r}))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PATH": "/nowhere", "PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == 3
