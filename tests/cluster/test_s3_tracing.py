"""An index of phrases on a real S3 server: built there, asked there, in few requests for few bytes."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.command_line import main
from jobs.inspection import tracing
from jobs.inspection.tracing import trace_answer, trace_phrase
from jobs.runtime.store import storage
from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.s3_server import BUCKET

pytestmark = pytest.mark.cluster

DOCUMENTS, WORDS = 6_000, 400
MOST_REQUESTS, MOST_BYTES = 30, 2_500_000


def test_a_question_takes_few_requests_and_bytes(
    s3_environment: dict[str, str],
    proxy: FaultProxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = np.random.default_rng(3)
    texts = [" ".join(f"w{n}" for n in draw.integers(0, 50_000, WORDS)) for _ in range(DOCUMENTS)]
    rows = pa.table({"id": range(DOCUMENTS), "text": texts})
    place = f"s3://{BUCKET}/{tmp_path.name}"
    with storage.open_output(f"{place}/t/part-0.parquet") as file:
        pq.write_table(rows, file, row_group_size=128, compression="zstd")
    assert main(["index", f"{place}/t", f"{place}/i", "--quiet"]) == 0
    held = sum(entry.size for name in "it" for entry in storage.find_files(f"{place}/{name}"))
    assert held > 2 * MOST_BYTES
    monkeypatch.setattr(tracing, "SCANNED_BYTES", 0)
    for number in (17, 4_321):
        proxy.forget()
        phrase = " ".join(texts[number].split()[100:125])
        (document,) = trace_phrase(f"{place}/i", phrase).documents
        assert document.id == number
        assert len(proxy.requests) <= MOST_REQUESTS
        assert proxy.sent <= MOST_BYTES
        print(f"{len(proxy.requests)} requests, {proxy.sent:,} of {held:,} bytes")
    answer = " ".join(" ".join(texts[number].split()[50:80]) for number in (5, 900, 5_000))
    assert [span.found for span in trace_answer(f"{place}/i", answer).spans] == [1, 1, 1]
    assert main(["trace", f"{place}/i", phrase, "--json"]) == 0
