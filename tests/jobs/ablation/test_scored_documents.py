"""Documents drawn and scored by a model that finds every token equally hard: all sums by hand."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from jobs.ablation.packed_training import token_text
from jobs.ablation.scored_documents import ROWS_A_DOCUMENT, DocumentScorer, choose_documents
from jobs.inspection.run_tables import RunTables
from jobs.models.reference.row_stream import PackedRow, RowStream
from jobs.models.reference.token_text import TokenText
from jobs.packing.opened_rows import open_rows
from jobs.runtime.errors import InputError
from tests.packed_folder import documents, packed_folder
from tests.scored_run import scored_run

NATS = 2.5  # that each token costs
LENGTH = 64


class Losses:
    """Stands in for ``SegmentLosses``, which needs torch, and keeps the rows that were asked for."""

    def __init__(self) -> None:
        self.rows: list[PackedRow] = []

    def __call__(self, rows: Sequence[PackedRow]) -> "Losses":
        self.rows += rows
        lengths = np.concatenate([row.segment_lengths for row in rows]).astype(np.int64)
        self.tokens = lengths - 1
        self.nats = self.tokens * NATS
        return self


@pytest.fixture
def trained(tmp_path: Path) -> tuple[TokenText, RowStream]:
    packed = open_rows(str(packed_folder(tmp_path / "packed", documents(30), documents(5, 1000))))
    stream = RowStream(packed.paths("train"))
    return token_text(packed.tokeniser(None), stream.facts["eos_id"]), stream


def scored(
    run: Path, trained: tuple[TokenText, RowStream], *, bos: int | None = None
) -> tuple[pa.Table, Losses]:
    losses, tables = Losses(), RunTables(str(run))
    said: list[str] = []
    scorer = DocumentScorer(*trained, bos, losses, said.append)  # type: ignore[arg-type]
    table = scorer.score(tables, choose_documents(tables, 100))
    assert said[0] == f"scored {len(table)} of {len(table)} documents"
    return table, losses


def test_each_document_has_its_own_loss(
    tmp_path: Path, trained: tuple[TokenText, RowStream]
) -> None:
    texts = [*documents(3, 2000), "harbour\nledger tide"]
    run = scored_run(tmp_path / "run", texts, [100.0, 200.0, 1000.0, 50.0], ["en"] * 4)
    found, _ = scored(run, trained)
    assert found.column("id").to_pylist() == [0, 10, 20, 30]
    assert found.column("nats_a_token").to_pylist() == pytest.approx([NATS] * 4)
    encode, lengths = trained[0].encode, trained[0].byte_lengths
    for row, text in zip(found.to_pylist(), texts, strict=True):
        ids = encode(text)
        assert row["tokens"] == len(ids)  # all but the first, and the end of the document
        assert row["text_bytes"] == len(text.encode()) - lengths[ids[0]]
        assert row["bits_a_byte"] == pytest.approx(
            NATS * row["tokens"] / math.log(2) / row["text_bytes"]
        )
        assert row["whole"]
        assert row["excerpt"] == text
    # Of "harbour\nledger tide" three words and two line ends.
    last = found.to_pylist()[-1]
    assert last["kenlm_nats_a_token"] == pytest.approx(math.log(50))
    assert last["kenlm_bits_a_byte"] == pytest.approx(math.log2(50) * 5 / 19)


def test_long_documents_are_scored_from_their_beginning(
    tmp_path: Path, trained: tuple[TokenText, RowStream]
) -> None:
    run = scored_run(tmp_path / "run", ["harbour " * 2000, "tide"], [9.0, 9.0], ["en"] * 2)
    found, losses = scored(run, trained, bos=3)
    assert found.column("whole").to_pylist() == [False, True]
    # Cut every 64 tokens, and the first of each piece is not predicted.
    assert found.column("tokens").to_pylist()[0] == ROWS_A_DOCUMENT * (LENGTH - 1)
    assert sum(len(row.segment_lengths) for row in losses.rows) == ROWS_A_DOCUMENT + 1
    firsts = {int(row.ids[0]) for row in losses.rows if row.documents[0].as_py() == 1}
    assert firsts in ({3}, set())


def test_what_was_trained_on_is_told(tmp_path: Path, trained: tuple[TokenText, RowStream]) -> None:
    known = max(documents(30), key=len)
    unknown = "oil " * 3 + "船 " * 20 + "gull"
    run = scored_run(tmp_path / "run", [known, unknown], [9.0, 9.0], ["en"] * 2)
    found, _ = scored(run, trained)
    first, second = found.column("seen_share").to_pylist()
    assert first > 0.9
    assert second < 0.2


def test_bits_of_models_with_other_tokens_are_not_known(
    tmp_path: Path, trained: tuple[TokenText, RowStream]
) -> None:
    run = scored_run(tmp_path / "run", ["tide oil"], [9.0], ["en"], own_models=False)
    found, _ = scored(run, trained)
    assert found.column("kenlm_bits_a_byte").to_pylist() == [None]
    assert found.column("kenlm_nats_a_token").to_pylist() == pytest.approx([math.log(9)])


def test_a_limit_is_for_each_language_and_draws_the_same_again(tmp_path: Path) -> None:
    perplexities = [*[10.0] * 30, None, None]
    languages = [*["en"] * 24, *["zh"] * 5, None, "en", "en"]
    run = scored_run(tmp_path / "run", documents(32), perplexities, languages)
    found = choose_documents(RunTables(str(run)), 7)
    counts = dict.fromkeys(("en", "zh", None), 0)
    for language in found.table.column("language").to_pylist():
        counts[language] += 1
    assert counts == {"en": 7, "zh": 5, None: 1}
    assert (found.without, found.beyond) == (2, 17)
    again = choose_documents(RunTables(str(run)), 7)
    assert found.table.equals(again.table)


def test_a_run_without_perplexities_is_refused(tmp_path: Path) -> None:
    run = scored_run(tmp_path / "run", ["tide"], [None], ["en"])
    with pytest.raises(InputError, match="--perplexity-model FOLDER"):
        choose_documents(RunTables(str(run)), 10)
