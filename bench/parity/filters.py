"""Which filter of datatrove is compared with which rules of which recipe, and its arguments.

English: datatrove's defaults, which are Gopher's and FineWeb's numbers; C4 also as FineWeb runs it.
Chinese: FineWeb-2's values, read from our recipe, and our short list of frequent words, so that
decisions are compared and not lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.recipes.loading import load_recipe
from jobs.recipes.rules import Bounds, Rule
from udfs.signals.stop_words import FREQUENT_WORDS

PEER_LANGUAGES = {"en": "eng", "zh": "cmn_Hani"}
CHAIN = ("gopher_repetition", "gopher_quality", "c4_as_in_fineweb", "fineweb_quality")
"""FineWeb's order."""

_QUALITY = [
    "word_count", "mean_word_length", "number_signs", "ellipses", "bullet_lines", "ellipsis_lines",
    "alphabetic_words", "few_stop_words",
]  # fmt: skip
_REPETITION = [
    "duplicate_paragraphs", "duplicate_paragraph_characters", "duplicate_lines",
    "duplicate_line_characters", "top_2gram", "top_3gram", "top_4gram", "duplicate_5grams",
    "duplicate_6grams", "duplicate_7grams", "duplicate_8grams", "duplicate_9grams",
    "duplicate_10grams",
]  # fmt: skip
_C4 = ["lorem_ipsum", "curly_brackets", "too_few_sentences"]
_FINEWEB = ["terminal_punctuation", "short_lines", "repeated_line_characters", "newlines"]


@dataclass(frozen=True)
class Pair:
    """A filter and the rules that should decide as it does.

    Attributes:
        name: Of the filter in results.
        peer_class: Its class in datatrove.
        recipes: The recipe by language.
        reasons: The rules of the recipe that belong to it; those it does not have are left out.
    """

    name: str
    peer_class: str
    recipes: dict[str, str]
    reasons: list[str]

    def rules(self, language: str) -> list[Rule]:
        """Return the rules that take part."""
        recipe = load_recipe(self.recipes[language])
        return [rule for rule in recipe.rules if rule.reason in self.reasons]


FINEWEB_C4 = Pair("c4_as_in_fineweb", "C4QualityFilter", {"en": "fineweb", "zh": "fineweb"}, _C4)
PAIRS = (
    Pair("gopher_quality", "GopherQualityFilter", {"en": "gopher", "zh": "fineweb2"}, _QUALITY),
    Pair(
        "gopher_repetition",
        "GopherRepetitionFilter",
        {"en": "gopher", "zh": "fineweb2"},
        _REPETITION,
    ),
    Pair("c4", "C4QualityFilter", {"en": "c4", "zh": "c4"}, _C4),
    FINEWEB_C4,
    Pair("fineweb_quality", "FineWebQualityFilter", {"en": "fineweb", "zh": "fineweb2"}, _FINEWEB),
)


def peer_plan() -> dict[str, dict[str, dict[str, Any]]]:
    """Return class and arguments of every filter by language and name."""
    return {
        language: {
            pair.name: {
                "class": pair.peer_class,
                "arguments": {
                    "language": PEER_LANGUAGES[language],
                    **({"filter_no_terminal_punct": False} if pair is FINEWEB_C4 else {}),
                    **(_chinese(pair) if language == "zh" else {}),
                },
            }
            for pair in PAIRS
        }
        for language in PEER_LANGUAGES
    }


def _chinese(pair: Pair) -> dict[str, Any]:
    rules = {rule.reason: rule.languages.get("zh", rule) for rule in pair.rules("zh")}
    if pair.name == "gopher_quality":
        return {
            "min_avg_word_length": _number(rules["mean_word_length"], "min"),
            "max_avg_word_length": _number(rules["mean_word_length"], "max"),
            "max_non_alpha_words_ratio": _number(rules["alphabetic_words"], "min"),
            "stop_words": FREQUENT_WORDS["zh"].split(),
        }
    if pair.name == "gopher_repetition":
        return {
            "dup_para_frac": 0,
            "dup_para_char_frac": 0,
            "dup_line_char_frac": 0,
            "dup_line_frac": _number(rules["duplicate_lines"], "max"),
            "top_n_grams": [(n, _number(rules[f"top_{n}gram"], "max")) for n in (2, 3, 4)],
            "dup_n_grams": [
                (n, _number(rules[f"duplicate_{n}grams"], "max")) for n in range(5, 11)
            ],
        }
    if pair.name == "fineweb_quality":
        return {
            "short_line_thr": 999,
            "char_duplicates_ratio": _number(rules["repeated_line_characters"], "max"),
            "line_punct_thr": _number(rules["terminal_punctuation"], "min"),
            "new_line_ratio": _number(rules["newlines"], "max"),
        }
    return {}


def _number(bounds: Bounds | None, side: str) -> float:
    number = getattr(bounds, side)
    if number is None:
        raise ValueError(f"the recipe for Chinese has no {side} where the filter needs one")
    return float(number)
