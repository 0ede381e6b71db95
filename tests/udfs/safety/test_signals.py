from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from udfs.learning.linear_model import LinearModel, save_model
from udfs.learning.linear_training import TrainingSettings, train
from udfs.safety.domain_blocklist import DomainBlocklist
from udfs.safety.keyword_lists import parse_keyword_list
from udfs.safety.screen_lists import ScreenLists, shipped_lists
from udfs.safety.settings import COMBINATIONS, SafetySettings
from udfs.safety.signals import (
    SAFETY_FIELDS,
    SAFETY_TYPE,
    SafetyScreen,
    check_safety_model,
    combined_scores,
    open_safety_model,
)

UNSAFE = [f"free porn and live sex cams number {number} for you tonight" for number in range(40)]
SAFE = [f"the committee discussed chapter {number} of the water law today" for number in range(40)]
TEXTS = pa.array(["free porn, live sex cams", "the water law of today", "", None])


@pytest.fixture(scope="module")
def model() -> LinearModel:
    settings = TrainingSettings("logistic", 0.0, 1.0, bits=12, epochs=10)
    return train(pa.array(UNSAFE + SAFE), [1.0] * 40 + [0.0] * 40, settings)


def test_without_a_model_the_keywords_stand_alone_and_the_score_is_null() -> None:
    rows = SafetyScreen.open().annotate(TEXTS)
    assert rows.type == SAFETY_TYPE
    assert rows.null_count == 0
    assert rows.to_pylist()[0] == {
        "keyword_hits": 2,
        "distinct_hits": 2,
        "hit_density": pytest.approx(15 / 20),
        "keyword_severity": 2,
        "keyword_flag": True,
        "keyword_score": 1.0,
        "model_score": None,
        "combined_score": None,
        "blocked_url": None,
    }
    assert rows.field("keyword_hits").to_pylist() == [2, 0, 0, 0]
    assert rows.field("model_score").null_count == 4


def test_a_trained_model_gives_the_second_opinion(model: LinearModel, tmp_path: Path) -> None:
    save_model(model, tmp_path)
    rows = SafetyScreen.open(str(tmp_path)).annotate(TEXTS)
    unsafe, safe, *rest = rows.field("model_score").to_pylist()
    assert unsafe > 0.8
    assert safe < 0.2
    assert rest == [None, None]


def test_languages_choose_the_lists() -> None:
    texts = pa.array(["filmen är slut, slut, slut"] * 3)
    rows = SafetyScreen.open().annotate(texts, pa.array(["sv", "en", "und"]))
    assert rows.field("keyword_hits").to_pylist() == [0, 3, 3]


def test_lists_of_the_users_replace_the_shipped_ones() -> None:
    own = parse_keyword_list(
        b"format: 1\nlanguage: en\nmatching: word\n"
        b"groups: [{category: x, severity: 3, entries: [water law]}]\n",
        "own.yaml",
    )
    rows = SafetyScreen.open(lists=ScreenLists((own,), None)).annotate(TEXTS)
    assert rows.field("keyword_flag").to_pylist() == [False, True, False, False]


def test_an_empty_column_gives_an_empty_column() -> None:
    assert len(SafetyScreen.open().annotate(pa.array([], pa.string()))) == 0


def test_the_digest_of_a_model_is_that_of_its_weights(model: LinearModel, tmp_path: Path) -> None:
    save_model(model, tmp_path)
    assert check_safety_model(str(tmp_path)) == model.digest


def test_a_grader_is_no_safety_model(tmp_path: Path) -> None:
    grader = train(pa.array(["a", "b"]), [0.0, 5.0], TrainingSettings("squared", 0.0, 5.0, bits=8))
    save_model(grader, tmp_path)
    with pytest.raises(ValueError, match="a safety model from 0 to 1"):
        open_safety_model(str(tmp_path))


def test_a_missing_model_is_refused_before_any_text_is_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give the folder that the training wrote"):
        SafetyScreen.open(str(tmp_path / "absent"))


def test_every_field_is_declared_in_full() -> None:
    assert [field.name for field in SAFETY_FIELDS] == [field.name for field in SAFETY_TYPE]
    for field in SAFETY_FIELDS:
        assert all((field.unit, field.range, field.meaning, field.source))


def test_counts_of_an_empty_text_are_zero_and_defined() -> None:
    row = SafetyScreen.open().annotate(pa.array([""])).to_pylist()[0]
    assert (row["hit_density"], row["keyword_flag"]) == (0.0, False)


@pytest.mark.parametrize(
    ("combination", "expected"),
    [("and", [0.2, 0.6, None]), ("or", [0.9, 1.0, 0.7]), ("weighted", [0.375, 0.9, 0.7])],
)
def test_two_opinions_become_one_as_configured(
    combination: str, expected: list[float | None]
) -> None:
    keywords = np.array([0.2, 1.0, 0.7], np.float32)
    model = np.array([0.9, 0.6, np.nan], np.float32)
    settings = SafetySettings(combination, keyword_weight=0.75)
    scores = combined_scores(keywords, model, settings)
    wanted = np.array([np.nan if value is None else value for value in expected])
    assert scores == pytest.approx(wanted, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("nothing of the kind", 0.0, 0.0),
        ("porn " + "and many other words " * 30, 0.5, 0.8),
        ("porn " + "and many other words " * 400, 0.01, 0.1),
        ("porn, sex cams " + "and many other words " * 400, 0.5, 0.6),
        ("porn and sex cams", 1.0, 1.0),
    ],
)
def test_the_keyword_score_crosses_a_half_where_the_flag_is_set(
    text: str, low: float, high: float
) -> None:
    row = SafetyScreen.open().annotate(pa.array([text])).to_pylist()[0]
    assert low <= row["keyword_score"] <= high
    assert (row["keyword_score"] > 0.5) == row["keyword_flag"]


def test_both_must_agree_by_default_and_either_suffices_on_demand(
    model: LinearModel, tmp_path: Path
) -> None:
    save_model(model, tmp_path)
    texts = pa.array(
        [
            "free porn, live sex cams",
            "the committee discussed the water law today: casino bonus, online casino",
            "the law",
        ]
    )
    rows = {}
    for combination in COMBINATIONS:
        screen = SafetyScreen.open(str(tmp_path), SafetySettings(combination))
        rows[combination] = screen.annotate(texts).field("combined_score").to_pylist()
    assert [score > 0.5 for score in rows["and"]] == [True, False, False]
    assert [score > 0.5 for score in rows["or"]] == [True, True, False]
    assert rows["and"] <= rows["weighted"] <= rows["or"]


@pytest.mark.parametrize("named", [{"lexicons": ("own.yaml",)}, {"blocked_domains": "listed"}])
def test_lists_that_are_named_and_not_given_are_not_the_shipped_ones(named: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="name files that a worker may not see"):
        SafetyScreen.open(settings=SafetySettings(**named))


def test_addresses_below_a_listed_domain_are_blocked() -> None:
    lists = shipped_lists()._replace(domains=DomainBlocklist(["bad.example"]))
    screen = SafetyScreen.open(lists=lists)
    urls = pa.array(["https://www.bad.example/x", "https://notbad.example/", None])
    signals = screen.annotate(pa.array(["a", "b", "c"]), None, urls)
    assert signals.field("blocked_url").to_pylist() == [True, False, None]
    assert screen.annotate(pa.array(["a"])).field("blocked_url").to_pylist() == [None]


def test_languages_that_a_model_has_not_learnt_have_no_score(tmp_path: Path) -> None:
    settings = TrainingSettings("logistic", 0.0, 1.0, bits=12, epochs=2)
    codes = pa.array(["en"] * len(UNSAFE + SAFE))
    save_model(
        train(pa.array(UNSAFE + SAFE), [1.0] * 40 + [0.0] * 40, settings, languages=codes), tmp_path
    )
    screen = SafetyScreen.open(str(tmp_path))
    scores = screen.annotate(pa.array(["porn", "porn"]), pa.array(["en", "fr"])).field(
        "model_score"
    )
    assert [score is None for score in scores.to_pylist()] == [False, True]


@pytest.mark.parametrize(("changes", "message"), [
    ({"combination": "xor"}, "wanted one of and, or, weighted"),
    ({"keyword_weight": 1.5}, "wanted a share from 0 to 1"),
])  # fmt: skip
def test_settings_out_of_range_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SafetySettings(**changes)  # type: ignore[arg-type]
