"""The forward pass of a packed row is that of its documents run alone, for each way to say the mask."""

import pytest

from tests.readers.environment import answer

pytestmark = [pytest.mark.readers, pytest.mark.timeout(3600)]

ISOLATING = (
    "boolean", "boolean, running positions", "additive, infinite", "flex", "cu_seqlens",
)  # fmt: skip
LEAKING = ("causal, running positions", "causal, restarted positions", "additive, 5.0")


@pytest.fixture(scope="module")
def differences() -> dict[str, float]:
    found: dict[str, float] = answer("packed_attention.py")
    return found


@pytest.mark.parametrize("way", ISOLATING)
def test_documents_do_not_see_each_other(differences: dict[str, float], way: str) -> None:
    assert differences[way] < 1e-5


@pytest.mark.parametrize("way", LEAKING)
def test_what_leaks_is_seen_to_leak(differences: dict[str, float], way: str) -> None:
    assert differences[way] > 1e-3


def test_a_finite_bias_leaks_less_the_larger_it_is(differences: dict[str, float]) -> None:
    leaks = [differences[f"additive, {bias}"] for bias in ("5.0", "10.0", "20.0")]
    assert leaks == sorted(leaks, reverse=True)
    assert leaks[-1] < 1e-5


# As of transformers 4.57.6 and TRL 1.16.0; docs/packing.md has the table.
LIBRARIES_ISOLATE = {
    "transformers: position_ids, use_cache=False": True,
    "transformers: position_ids": False,
    "transformers: position_ids, use_cache=False, attention_mask of ones": False,
    "DataCollatorWithFlattening: its documents": True,
    "DataCollatorWithFlattening: a packed row": False,
    "TRL, padding_free=True": True,
    "TRL, padding_free=False": False,
    "transformers: no positions": False,
}


@pytest.fixture(scope="module")
def of_libraries() -> dict[str, float]:
    found: dict[str, float] = answer("popular_collators.py")
    return found


@pytest.mark.parametrize(("way", "isolates"), LIBRARIES_ISOLATE.items())
def test_what_libraries_make_of_a_packed_row(
    of_libraries: dict[str, float], way: str, isolates: bool
) -> None:
    assert of_libraries[way] < 1e-5 if isolates else of_libraries[way] > 1e-2


def test_every_way_that_was_tried_is_judged(of_libraries: dict[str, float]) -> None:
    assert of_libraries.keys() == LIBRARIES_ISOLATE.keys()
