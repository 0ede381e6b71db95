"""The page of an ablation: verdicts in words, every arm's numbers, texts of models that steer nothing."""

from typing import Any

import pytest

from jobs.models.reference.loss_curve import loss_curve
from jobs.report.ablation_page import render_ablation_page


def value(mean: float) -> dict[str, Any]:
    return {"mean": mean, "spread": 0.01, "values": [mean, mean]}


def comparison(**changed: Any) -> dict[str, Any]:
    known = {
        "arm": "cleaned", "baseline": "raw", "measure": "bits a byte", "mean": -0.1234, "low": -0.2,
        "high": -0.05, "seeds": 2, "is_told": True,
    }  # fmt: skip
    return {**known, **changed}


FACTS = {
    "created_at": "2026-11-28T12:00:00+00:00", "size": "tiny", "parameters": 262_208, "steps": 100,
    "batch_rows": 32, "length": 256, "seeds": [0, 1], "tokenizer_sha256": "ab" * 32, "continuations": 20,
    "arms": [
        {"name": name, "packed": f"{name}/", "documents": 10, "tokens": 1000, "epochs": 1.5}
        for name in ("raw", "cleaned")
    ],
    "held_out": {"kept": 12, "seen": 3, "short": 2, "twice": 1},
    "bits": [{"name": "all", "bytes": 5_000, "arms": [value(1.5), value(1.25)]}],
    "behaviour": [{"name": "repeated 5-grams, share", "arms": [value(0.5), value(0.125)]}],
    "comparisons": [
        comparison(),
        comparison(mean=0.001, low=-1.0, high=1.0, is_told=False),
        comparison(mean=0.5, low=0.5, high=0.5, is_told=False),
        comparison(mean=0.0, low=0.0, high=0.0, is_told=False),
    ],
    "recited": 50,
    "longest_runs": [
        {"arm": "raw", "tokens": 21, "text": "<b>the lamp was lit</b>", "document": 67108864},
        {"arm": "cleaned", "tokens": 0, "text": "", "document": None},
    ],
    "samples": [{"prompt": "the lamp", "texts": ["<script>alert(1)</script>", "was \u202elit"]}],
}  # fmt: skip


@pytest.fixture(scope="module")
def page() -> str:
    logs = {name: [{"step": 1, "tokens": 100, "loss": 4.0}] for name in ("raw", "cleaned")}
    return render_ablation_page(FACTS, loss_curve(logs))


@pytest.mark.parametrize(
    "words",
    [
        "−0.123", "−0.200 to −0.050", "<strong>The difference is larger than what seeds do.</strong>",
        "Of 2 seeds", "The same difference in all, which gives no interval.", "No difference in any.",
        "Seeds alone differ as much: no difference can be told.",
        "1.500 ± 0.010", "1.250 ± 0.010", "0.125 ± 0.010", "262,208 weights (tiny)",
        "12 segments are measured", "the lamp", "raw: 21 tokens, document <code>67108864</code>",
        "cleaned: none of 4 tokens or more</span>", "&lt;b&gt;the lamp was lit&lt;/b&gt;",
        "behind its first 50",
    ],
)  # fmt: skip
def test_it_says(page: str, words: str) -> None:
    assert words in page


def test_what_models_write_stays_text(page: str) -> None:
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\u202e" not in page


def test_curves_are_drawn_in_the_page(page: str) -> None:
    assert page.count("<svg") == 1
    assert "<title>cleaned</title>" in page
