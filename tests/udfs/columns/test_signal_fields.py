import numpy as np
import pyarrow as pa
import pytest

from udfs.columns.signal_fields import SignalField, divide
from udfs.lines import text_batch
from udfs.lines.text_batch import TextBatch, TextPart
from udfs.signals.annotator import Annotator


def test_division_by_zero_is_undefined() -> None:
    quotient = divide(np.array([1, 0, 6]), np.array([0, 0, 4]))
    assert np.isnan(quotient[:2]).all()
    assert quotient[2] == 1.5


class _Lengths:
    """Counts bytes; enough to see how parts are added up."""

    def __init__(self, batch: TextBatch) -> None:
        self.sums = np.zeros(len(batch), np.int64)

    def add(self, part: TextPart) -> None:
        np.add.at(self.sums, part.rows, np.diff(part.tokens.text_offsets))

    def values(self) -> dict[str, np.ndarray]:
        return {"bytes": self.sums}


BYTES = Annotator(
    "sizes", (SignalField("bytes", pa.int64(), "bytes", ">= 0", "Size.", "nobody"),), _Lengths
)


def test_the_struct_type_follows_the_declaration() -> None:
    assert BYTES.struct_type == pa.struct([("bytes", pa.int64())])


def test_parts_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_batch, "PIECE_BYTES", 10)
    batch = TextBatch(pa.array(["a" * 35, "b", "c" * 11]))
    assert BYTES.compute(batch)["bytes"].tolist() == [35, 1, 11]
