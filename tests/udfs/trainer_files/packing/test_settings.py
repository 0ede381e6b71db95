"""Settings that make no sense are refused, all at once."""

import pytest

from udfs.trainer_files.packing.settings import PackSettings


def test_defaults_are_what_the_documents_say() -> None:
    chosen = PackSettings()
    assert (chosen.strategy, chosen.length, chosen.padded) == ("best-fit", 2048, True)
    assert (chosen.validation, chosen.partition_documents) == (0.01, 10_000)
    assert not chosen.special_tokens_in_text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"strategy": "bestfit"},
            "strategy is 'bestfit', wanted one of best-fit, concat, documents",
        ),
        ({"length": 15}, "length is 15, wanted 16 tokens or more"),
        ({"seed": -1}, "seed is -1"),
        ({"validation": 0.6}, "validation is 0.6, wanted a share from 0 to 0.5"),
        ({"partition_documents": 0}, "partition_documents is 0"),
        ({"formats": ("webdataset",)}, "format 'webdataset' is unknown"),
        ({"weights": {"zh": 2.0}}, "without mix_by"),
        ({"mix_by": "language", "weights": {"zh": -1.0}}, "weight of 'zh' is -1, wanted 0 to 1000"),
    ],
)
def test_a_fault_names_value_and_wanted(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        PackSettings(**given)  # type: ignore[arg-type]


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"strategy.*length"):
        PackSettings(strategy="x", length=1)
