"""What a run would say of a text it has never seen: the run's own cleaning, models and rules."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from jobs.inspection.explain import RuleAnswer, answers, run_rules
from jobs.inspection.run_tables import RunTables
from jobs.models.safety_lists import read_safety_lists
from jobs.recipes.recipe import Recipe
from jobs.runtime.store import storage
from jobs.runtime.store.node_copies import NodeCopy
from udfs.annotate_batches import AnnotateBatches


def judge_text(
    tables: RunTables, recipe: Recipe, text: str
) -> tuple[dict[str, Any], tuple[RuleAnswer, ...]]:
    """Return a text's signals, and what each rule of the run says of it.

    Args:
        tables: The run; its own perplexity models are asked when it has some.
        recipe: The run's recipe, for its cleaning and its annotators.
        text: Any text.

    Raises:
        InputError: The run has no verdicts yet.
        MissingRequirementError: A list that its settings name is there no more.
    """
    models = storage.join(tables.output, "models", "perplexity")
    location = NodeCopy.of(models).path if storage.exists(models) else None
    lists = read_safety_lists(recipe.safety).lists
    function = AnnotateBatches(
        recipe.clean, location, safety=recipe.safety, lists=lists, own=recipe.annotators
    )
    batch = pa.record_batch({"text": pa.array([text])})
    document = next(function(iter([batch]))).to_pylist()[0]
    return document, answers(run_rules(tables), document)
