import numpy as np
import pytest

from udfs.signals.per_text_counts import count_equal, raise_to


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


def test_the_largest_value_of_each_row() -> None:
    largest = np.array([5, 0, 7])
    raise_to(largest, np.array([0, 1, 1, 0]), np.array([3, 2, 9, 6], np.int32))
    assert largest.tolist() == [6, 9, 7]
