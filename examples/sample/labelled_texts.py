"""Some 400 short texts with labels, composed of sentences written for this repository.

What they are for: `make demo` trains the linear grader and the safety model on them. A topic is told once in
the manner of each grade and frame; the criteria of the grades stand in ``examples/README.md``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

LABELLED_FOLDER = Path(__file__).parent / "labelled"
JOINTS = {"english": ("en", " "), "chinese": ("zh", "")}
"""Language of each file, and what stands between two of its sentences."""


@dataclass(frozen=True)
class LabelledText:
    """One text.

    Attributes:
        text: A handful of sentences.
        label: Grade, 0 to 5.
        unsafe: 1 for a harmful one (mild), else 0.
        language: ISO 639-1.
        group: Topic, the same in both languages; of a harmful text its own, since it shares no sentence.
    """

    text: str
    label: int
    unsafe: int
    language: str
    group: str


def labelled_texts() -> list[LabelledText]:
    """Return all texts, always the same in the same order."""
    return [text for name in JOINTS for text in (*graded_texts(name), *unsafe_texts(name))]


def labelled_table() -> pa.Table:
    """Return them as `train-grader` and `train-safety` read them."""
    return pa.Table.from_pylist([vars(text) for text in labelled_texts()])


def graded_texts(name: str) -> list[LabelledText]:
    """Return every topic of a file in every frame.

    Args:
        name: ``english`` or ``chinese``.
    """
    language, joint = JOINTS[name]
    written = _written(name)
    return [
        LabelledText(_composed(frame, topic, joint, f"{slug} {grade} {number}"), grade, 0, language, slug)
        for slug, topic in written["topics"].items()
        for grade, frames in written["frames"].items()
        for number, frame in enumerate(frames)
    ]  # fmt: skip


def unsafe_texts(name: str) -> list[LabelledText]:
    """Return the harmful texts of a file, graded 0."""
    language, _ = JOINTS[name]
    return [
        LabelledText(text, 0, 1, language, f"{language} {kind} {number}")
        for kind, texts in _written(name)["unsafe"].items()
        for number, text in enumerate(texts)
    ]


def _written(name: str) -> dict[str, Any]:
    text = (LABELLED_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    written: dict[str, Any] = yaml.safe_load(text)
    return written


def _composed(frame: list[Any], topic: dict[str, Any], joint: str, seed: str) -> str:
    chance = random.Random(seed)
    sentences = (item if isinstance(item, str) else chance.choice(item) for item in frame)
    return joint.join(sentences).format(**_slots(topic, chance))


def _slots(topic: dict[str, Any], chance: random.Random) -> dict[str, str]:
    """Sentences by slot: of two facts `facts` is one, `facts_0` the first, `facts_0l` without its capital."""
    slots: dict[str, str] = {}
    for name, value in topic.items():
        if isinstance(value, str):
            slots[name] = value
        else:
            slots[name] = chance.choice(value)
            slots |= {f"{name}_{place}": one for place, one in enumerate(value)}
    return slots | {f"{name}l": text[0].lower() + text[1:] for name, text in slots.items()}
