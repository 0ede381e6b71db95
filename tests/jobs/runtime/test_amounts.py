"""Numbers as people read them."""

import pytest

from jobs.runtime import amounts


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"), (0.0, "0"), (3, "3"), (1234567.0, "1,234,567"), (0.1234567, "0.1235"),
        (1210.04, "1,210"), (905.25, "905.2"), (52019.98, "52,020"), (0.00001234, "1.23e-05"),
        (-2.5, "-2.5"), (1e300, "1" + ",000" * 100),
    ],
)  # fmt: skip
def test_measure(value, shown):
    assert amounts.measure(value)[:12] == shown[:12]


@pytest.mark.parametrize(("count", "shown"), [(0, "0 rows"), (1, "1 row"), (1234, "1,234 rows")])
def test_counted(count, shown):
    assert amounts.counted(count, "row") == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "–"), (0, 5, "0 %"), (5, 5, "100 %"), (1, 100_000, "< 0.1 %"),
        (99_999, 100_000, "> 99.9 %"), (1, 3, "33.3 %"), (1, 4, "25.0 %"),
    ],
)  # fmt: skip
def test_share(part, whole, shown):
    assert amounts.share(part, whole) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (4_249_000, "4.25 MB"), (10**16, "10 PB")],
)
def test_size(count, shown):
    assert amounts.size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.04, "0.0 s"), (12.5, "12.5 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")],
)
def test_duration(seconds, shown):
    assert amounts.duration(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(57_742, "57,742"), (1_234_567, "1.23 million"), (2e12, "2 trillion")]
)
def test_rounded(count, shown):
    assert amounts.rounded(count) == shown
