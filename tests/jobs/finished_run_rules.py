"""The recipe of the finished run that the report's tests read."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from jobs.dedup import DedupSettings
from jobs.recipes.recipe import ReportSettings
from jobs.recipes.rules import Bounds, Condition, ResolvedRule, Rule


class FakeRecipe(BaseModel):
    """What the report needs of a recipe."""

    name: str = "default"
    description: str = "Chinese and English web pages and books, for pre-training."
    dedup: DedupSettings = DedupSettings()
    report: ReportSettings = ReportSettings()
    run: dict[str, Any] = {"partitions": None, "chunk_gigabytes": 64.0}
    clean: dict[str, Any] = {"window_characters": 500, "sentence_run": 3}
    rules: tuple[Rule, ...] = ()


RULES = (
    Rule(reason="too_few_words", signal="heuristics.words", min=50,
         languages={"zh": Bounds(min=80), "ja": None}, source="Gopher, section A.1.1"),
    Rule(reason="odd_word_length", signal="heuristics.mean_word_length", min=3, max=10,
         languages={"zh": Bounds(min=1.3, max=5)}, source="Gopher, section A.1.1"),
    Rule(reason="many_special_characters", signal="heuristics.special_character_ratio", max=0.4,
         source="data-juicer"),
    Rule(reason="few_stop_words", signal="heuristics.stop_word_ratio", min=0.06,
         when=(Condition(signal="heuristics.words", min=100),), source="ROOTS"),
    Rule(reason="repeated_5grams", signal="repetition.duplicate_5grams", max=0.8,
         source="the mission's threshold"),
    Rule(reason="short_lines", signal="lines.short_share", max=0.67, source="FineWeb"),
    Rule(reason="high_perplexity", signal="perplexity.perplexity", max_percentile=99,
         source="CCNet, percentile per language"),
    Rule(reason="unsafe_keywords", signal="safety.keyword_density", max=0.02, source="measured"),
    Rule(reason="negative_score", signal="language.score", min=0.2, source="measured"),
    Rule(reason="few_letters", signal="heuristics.words", max=1_000_000, source="never hit here"),
    Rule(reason="long_read", signal="heuristics.words", max=3000, action="flag", source="measured"),
    Rule(reason="unsafe_model", signal="safety.model_score", max=0.5, source="measured"),
    Rule(reason="low_grade", signal="quality.grade", min=1.5, source="FineWeb-Edu, score 2"),
)  # fmt: skip
PERPLEXITY_BOUNDS = {"de": Bounds(max=1480.0), "en": Bounds(max=1210.5), "zh": Bounds(max=905.25)}


def resolved_rules() -> list[ResolvedRule]:
    """Return the rules that the run judged, with numbers."""
    found = []
    for rule in RULES:
        if rule.reason in ("unsafe_model", "low_grade"):
            continue
        relative = rule.relative
        found.append(
            ResolvedRule(
                reason=rule.reason,
                signal=rule.signal,
                action=rule.action,
                when=rule.when,
                default=None if relative else Bounds(min=rule.min, max=rule.max),
                languages=dict(PERPLEXITY_BOUNDS) if relative else dict(rule.languages),
            )
        )
    return found
