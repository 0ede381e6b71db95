from __future__ import annotations

import pytest

from jobs.recipes.rules import Bounds, Condition
from jobs.report import page_text
from jobs.report.report_model import Limits, RuleFacts


@pytest.mark.parametrize(
    ("language", "tag"),
    [("zh", "zh"), ("zh-Hant", "zh-Hant"), ("und", ""), (None, ""), ('x" onload="', ""), ("", "")],
)
def test_language_tag(language, tag):
    assert page_text.language_tag(language) == tag


def _rule(**changes: object) -> RuleFacts:
    rule = RuleFacts(
        reason="r", signal="a.x", action="drop", asked=None, default=Limits(max=0.8), languages={},
        when=(), source=None, first_hits=0, hits=0, never_fired=True,
    )  # fmt: skip
    return rule.model_copy(update=changes)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (_rule(), "a.x above 0.8"),
        (_rule(default=Limits(min=3, max=10)), "a.x below 3 or above 10"),
        (_rule(languages={"ja": None, "zh": Limits(min=5)}),
         "a.x above 0.8; ja: not judged; zh: below 5"),
        (_rule(asked=Bounds(max_percentile=99), default=None, languages={"zh": Limits(max=905.25)}),
         "a.x above percentile 99 of the language; zh: above 905.2"),
        (_rule(when=(Condition(signal="b.y", min=5), Condition(signal="c.z", max=1))),
         "a.x above 0.8, only where b.y is at least 5 and c.z is at most 1"),
        (_rule(languages={f"l{n}": Limits(max=n) for n in range(6)}),
         "a.x above 0.8; l0: above 0; l1: above 1; l2: above 2; l3: above 3; 2 more languages"),
    ],
)  # fmt: skip
def test_rule_sentence(rule, sentence):
    assert page_text.rule_sentence(rule) == sentence


def test_settings_are_flat_and_readable():
    settings = {"a": {"b": None, "c": [1, 2]}, "d": True, "e": {}, "f": 0.7}
    assert list(page_text.flat_settings(settings)) == [
        ("a.b", "–"), ("a.c", "1, 2"), ("d", "yes"), ("e", "–"), ("f", "0.7")
    ]  # fmt: skip
