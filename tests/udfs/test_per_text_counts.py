import numpy as np
import pytest

from udfs.per_text_counts import count_equal


@pytest.mark.parametrize(
    ("raw", "offsets", "expected"),
    [
        (b"a\nb\n\n", [0, 2, 2, 5], [1, 0, 2]),
        (b"", [0], []),
        (b"", [0, 0], [0]),
        (b"\n" * 100, [0, 100], [100]),
    ],
)
def test_counts(raw: bytes, offsets: list[int], expected: list[int]) -> None:
    found = count_equal(np.frombuffer(raw, np.uint8), np.array(offsets), ord("\n"))
    assert found.tolist() == expected
