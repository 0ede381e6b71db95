"""The local page over a run on a real S3 server: asked, listed and opened in few requests for few bytes."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from bench.serving.enlarged_run import enlarge
from jobs.index_phrases import index_stage
from jobs.inspection.tracing import trace_answer
from jobs.recipes.loading import load_recipe
from jobs.serving import served_run
from jobs.serving.application import build_application
from jobs.serving.served_run import named_runs
from jobs.serving.warming import warm
from jobs.tracing.indexed_documents import run_documents
from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.s3_server import BUCKET
from tests.jobs.finished_run import make_finished_run
from tests.jobs.tracing.traced_tables import own_context

pytestmark = pytest.mark.cluster

DOCUMENTS = 20_000
MOST = {
    "phrase": (90, 5_000_000),
    "answer": (120, 12_000_000),
    "list": (5, 100_000),
    "document": (80, 5_000_000),
}
"""Requests and bytes of a page, of 34 MB."""


@pytest.fixture
def run(tmp_path: Path, s3_environment: dict[str, str], store_client: Any) -> tuple[Path, str]:
    """A run of some files and row groups, on disk and below a prefix."""
    make_finished_run(tmp_path / "small")
    folder = tmp_path / "run"
    enlarge(str(tmp_path / "small"), folder, DOCUMENTS)
    context = own_context(folder)
    index_stage(context, load_recipe("default"), run_documents(context))
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        store_client.upload_file(str(path), BUCKET, f"{tmp_path.name}/{path.relative_to(folder)}")
    return folder, f"s3://{BUCKET}/{tmp_path.name}"


def test_pages_take_few_requests_and_bytes(
    run: tuple[Path, str], proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whether the run is still the same is asked once a second, on a slow machine at every turn.
    monkeypatch.setattr(served_run, "STATE_SECONDS", 3600.0)
    folder, place = run
    held = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    texts = pq.read_table(folder / "corpus", columns=["id", "text"]).to_pylist()
    words = [(row["id"], row["text"].split()) for row in texts[1000::3000]]
    runs = named_runs([place])
    warm(runs.values())
    (name,) = runs
    with TestClient(
        build_application(runs, "127.0.0.1", None), base_url="http://127.0.0.1"
    ) as client:

        def page(kind: str, path: str) -> str:
            proxy.forget()
            answer = client.get(f"/{name}{path}")
            assert answer.status_code == 200, answer.text
            told = f"{kind}: {len(proxy.requests)} requests, {proxy.sent:,} of {held:,} bytes"
            print(told)
            requests, size = MOST[kind]
            assert len(proxy.requests) <= requests, told
            assert proxy.sent <= size, told
            return answer.text

        for number, text in words[:3]:
            phrase = " ".join(text[10:35])
            assert f'id="d{number}"' in page("phrase", f"/ask?q={quote(phrase)}")
        answer = " and not ".join(" ".join(text[20:40]) for _, text in words[:3])
        told = page("answer", f"/ask?q={quote(answer)}")
        assert (
            len(re.findall('<a class="span ', told)) == len(trace_answer(place, answer).spans) >= 3
        )
        page("list", "/browse?status=dropped&page=3")
        for number, text in words[3:5]:
            assert " ".join(text[:5]) in page("document", f"/document/{number}")
