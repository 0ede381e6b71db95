"""The 36 classes of plants that the matcher was designed with: a change and a suite each."""

from __future__ import annotations

from typing import Final

_ALL: Final = ("gsm8k", "mmlu", "cmmlu", "humaneval")
_PROSE: Final = ("gsm8k", "mmlu", "cmmlu")
CLASSES: Final = tuple(
    (change, suite)
    for change, suites in {
        "verbatim": _ALL,
        "question only": _ALL,
        "upper case, no punctuation": ("gsm8k", "mmlu"),
        "options shuffled": ("mmlu", "cmmlu"),
        "LaTeX": ("gsm8k", "mmlu"),
        "wrapped and quoted": _PROSE,
        "full width": ("cmmlu",),
        "traditional characters": ("cmmlu",),
        "spaced characters": ("cmmlu",),
        "a tenth of the words dropped": _PROSE,
        "names changed": ("gsm8k",),
        "numbers changed": ("gsm8k",),
        "names and numbers changed": ("gsm8k",),
        "second half and answers": _PROSE,
        "first half of the question": _PROSE,
        "code: tabs": ("humaneval",),
        "code: renamed": ("humaneval",),
        "code: solution alone": ("humaneval",),
        "code: docstring gone and renamed": ("humaneval",),
    }.items()
    for suite in suites
)
