import pyarrow as pa

from udfs.cleaning.repair_round import COLLAPSED, repair_round
from udfs.cleaning.settings import CleaningSettings
from udfs.text.tokenising import tokenise

REFRAIN = "So it goes, my dear friend. "


def test_a_round_applies_the_first_repair_that_finds_something() -> None:
    texts = [f"Start. {REFRAIN * 3}\n3 likes", "Good.\n3 likes", "Nothing to do."]
    repaired = repair_round(tokenise(pa.array(texts)), CleaningSettings())
    assert {text: result.text for text, result in repaired.items()} == {
        0: f"Start. {REFRAIN}\n3 likes".encode(),
        1: b"Good.\n",
    }
    assert [cut.stage for cut in repaired[0].cuts] == [COLLAPSED]
    assert [(cut.stage, cut.pieces, cut.removed) for cut in repaired[1].cuts] == [
        ("counter", 1, b"3 likes")
    ]


def test_switched_off_repairs_find_nothing() -> None:
    settings = CleaningSettings(
        collapse_repeats=0, window_characters=0, drop_counter_lines=False,
        drop_furniture_lines=False, drop_letterless_lines=False, drop_long_word_lines=False,
        drop_repeated_lines=False,
    )  # fmt: skip
    texts = [f"{REFRAIN * 100}\n3 likes\nSign in\n12\nx\nx\nx"]
    assert repair_round(tokenise(pa.array(texts)), settings) == {}
