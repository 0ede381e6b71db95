import dataclasses

import pytest

from udfs.cleaning.line_dropping import RULES
from udfs.cleaning.settings import CleaningSettings


def test_the_defaults() -> None:
    assert dataclasses.asdict(CleaningSettings()) == {
        "collapse_repeats": 3,
        "collapse_columns": 30,
        "window_characters": 500,
        "window_repetition": 0.8,
        "drop_letterless_lines": True,
        "drop_uppercase_lines": False,
        "drop_counter_lines": True,
        "drop_furniture_lines": True,
        "drop_long_word_lines": True,
        "drop_repeated_lines": False,
        "mask_personal_data": True,
    }


def test_every_line_rule_has_its_switch() -> None:
    off = {f"drop_{rule}_lines": False for rule in RULES}
    assert CleaningSettings(**off).line_rules == frozenset()
    for rule in RULES:
        assert CleaningSettings(**{**off, f"drop_{rule}_lines": True}).line_rules == {rule}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"collapse_repeats": 1}, "collapse_repeats is 1; wanted 0"),
        ({"collapse_columns": -1}, "collapse_columns is -1"),
        ({"window_characters": -5}, "window_characters is -5"),
        ({"window_repetition": 1.5}, "window_repetition is 1.5; wanted a share"),
    ],
)
def test_faults_name_the_value(fault: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CleaningSettings(**fault)  # type: ignore[arg-type]


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"collapse_repeats.*window_repetition"):
        CleaningSettings(collapse_repeats=-1, window_repetition=2)
