"""Benchmark items as they turn up in real pages: whole, changed, in part; planted to see what is found."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from udfs.contamination.items import BenchmarkItem, without_comments
from udfs.contamination.planting.code_names import renamed

Change = Callable[[BenchmarkItem, np.random.Generator], str]
_WORD: Final = re.compile(r"\S+")
_DIGITS: Final = re.compile(r"\d+(?:[.,]\d+)*")
_PUNCTUATION: Final = re.compile(r"[^\w\s]|_")
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_NAME: Final = re.compile(
    r"(?<=[a-z,;] )[A-Z][a-z]{2,}\b|\b[A-Z][a-z]{2,}(?= (?:has|had|is|was|buys|sold)\b)"
)
_OTHER_NAMES: Final = ("Oluwaseun", "Thandeka", "Bronwyn", "Ignatius", "Marisela", "Kazimir")
_LETTERS: Final = "ABCDEFGHIJ"


@dataclass(frozen=True)
class PlantedChange:
    """One way in which an item is written.

    Attributes:
        name: What reports call it.
        whole: Nothing of the question is missing or replaced; such items ought to be found.
        variant: The numbers are others: right is `variant`.
        applies: Whether an item can be written so.
        write: The text, from the item and a source of chance.
    """

    name: str
    whole: bool
    variant: bool
    applies: Callable[[BenchmarkItem], bool]
    write: Change


def plain(item: BenchmarkItem) -> str:
    """The item as its set has it: question, options, solution or answer."""
    return "\n".join(part for part in (_asked(item), _options(item.choices), _told(item)) if part)


def _asked(item: BenchmarkItem) -> str:
    return f"{item.passage}\n{item.question}" if item.passage else item.question


def _told(item: BenchmarkItem) -> str:
    return item.code or item.answer


def _options(choices: Sequence[str]) -> str:
    return "\n".join(f"{letter}. {text}" for letter, text in zip(_LETTERS, choices, strict=False))


def _shuffled(item: BenchmarkItem, chance: np.random.Generator) -> str:
    order = np.roll(np.arange(len(item.choices)), int(chance.integers(1, len(item.choices))))
    return f"{_asked(item)}\n{_options([item.choices[place] for place in order])}"


def _upper(item: BenchmarkItem, _: np.random.Generator) -> str:
    return _PUNCTUATION.sub(" ", plain(item)).upper()


def _markdown(item: BenchmarkItem, chance: np.random.Generator) -> str:
    """Words set bold, numbers as formulas, the question as a heading."""
    words = _WORD.findall(_asked(item))
    marked = [f"**{word}**" if chance.random() < 0.15 else word for word in words]
    text = _DIGITS.sub(lambda found: f"${found[0]}$", " ".join(marked))
    options = "\n".join(
        f"- **({letter})** {text}" for letter, text in zip(_LETTERS, item.choices, strict=False)
    )
    return f"### {text}\n\n{options}\n\n{_told(item)}"


def _latex(item: BenchmarkItem, _: np.random.Generator) -> str:
    text = _DIGITS.sub(lambda found: f"\\({found[0]}\\)", _asked(item))
    options = "\n".join(f"\\item {choice}" for choice in item.choices)
    return "\n".join(
        [
            "\\begin{question}",
            text,
            "\\begin{enumerate}",
            options,
            "\\end{enumerate}",
            "\\end{question}",
        ]
    )


def _quoted(item: BenchmarkItem, _: np.random.Generator) -> str:
    lines = [line for part in plain(item).splitlines() for line in textwrap.wrap(part, 60) or [""]]
    return "\n".join(f"> {line}" for line in lines)


def _full_width(item: BenchmarkItem, _: np.random.Generator) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in plain(item))


def _html_numbered(item: BenchmarkItem, chance: np.random.Generator) -> str:
    number = int(chance.integers(2, 90))
    options = " ".join(
        f"({letter.lower()}) {text}" for letter, text in zip(_LETTERS, item.choices, strict=False)
    )
    return f"{number}) {_asked(item)} {options}"


def _dialogue(item: BenchmarkItem, _: np.random.Generator) -> str:
    return (
        f"User: {_asked(item)}\n{_options(item.choices)}\nAssistant: {_told(item) or 'Let me see.'}"
    )


def _other_numbers(text: str, chance: np.random.Generator) -> str:
    return _DIGITS.sub(
        lambda found: str(int(re.sub(r"\D", "", found[0])[:9]) + int(chance.integers(2, 40))), text
    )


def _numbers(item: BenchmarkItem, chance: np.random.Generator) -> str:
    return _other_numbers(item.question, chance)


def _renamed_people(text: str, chance: np.random.Generator) -> str:
    others = list(chance.permutation(_OTHER_NAMES))
    known: dict[str, str] = {}
    return _NAME.sub(
        lambda found: known.setdefault(found[0], others[len(known) % len(others)]), text
    )


def _names(item: BenchmarkItem, chance: np.random.Generator) -> str:
    return _renamed_people(item.question, chance)


def _names_and_numbers(item: BenchmarkItem, chance: np.random.Generator) -> str:
    return _other_numbers(_renamed_people(item.question, chance), chance)


def _parts(text: str) -> list[str]:
    return list(text) if _UNSPACED.search(text) else re.findall(r"\s*\S+", text)


def _dropped(item: BenchmarkItem, chance: np.random.Generator) -> str:
    kept = [part for part in _parts(plain(item)) if chance.random() >= 0.1]
    return "".join(kept)


def _inserted(item: BenchmarkItem, chance: np.random.Generator) -> str:
    filler = "的" if _UNSPACED.search(item.question) else " really"
    return "".join(
        part + (filler if chance.random() < 0.05 else "") for part in _parts(plain(item))
    )


def _first_half(item: BenchmarkItem, _: np.random.Generator) -> str:
    parts = _parts(item.question)
    return "".join(parts[: (len(parts) + 1) // 2])


def _second_half(item: BenchmarkItem, _: np.random.Generator) -> str:
    parts = _parts(item.question)
    rest = "".join(parts[len(parts) // 2 :])
    return "\n".join(part for part in (rest, _options(item.choices), item.answer) if part)


def _tabs(item: BenchmarkItem, _: np.random.Generator) -> str:
    return re.sub(r"(?m)^(?: {4})+", lambda found: "\t" * (len(found[0]) // 4), plain(item))


def _function(item: BenchmarkItem) -> str:
    return f"{item.question}\n{item.code}" if "def " in item.question else item.code


def _always(_: BenchmarkItem) -> bool:
    return True


def _has_options(item: BenchmarkItem) -> bool:
    return len(item.choices) > 1


def _is_prose(item: BenchmarkItem) -> bool:
    return not item.code


def _is_code(item: BenchmarkItem) -> bool:
    return bool(item.code)


def _is_chinese(item: BenchmarkItem) -> bool:
    return bool(_UNSPACED.search(item.question))


def _has_numbers(item: BenchmarkItem) -> bool:
    return _is_prose(item) and len(_DIGITS.findall(item.question)) > 1


def _has_names(item: BenchmarkItem) -> bool:
    return _is_prose(item) and bool(_NAME.search(item.question))


CHANGES: Final = (
    PlantedChange("verbatim", True, False, _always, lambda item, _: plain(item)),
    PlantedChange("question only", True, False, _always, lambda item, _: _asked(item)),
    PlantedChange("upper case, no punctuation", True, False, _is_prose, _upper),
    PlantedChange("options shuffled", True, False, _has_options, _shuffled),
    PlantedChange("Markdown", True, False, _is_prose, _markdown),
    PlantedChange("LaTeX", True, False, _is_prose, _latex),
    PlantedChange("wrapped and quoted", True, False, _is_prose, _quoted),
    PlantedChange("numbered list", True, False, _is_prose, _html_numbered),
    PlantedChange("dialogue", True, False, _always, _dialogue),
    PlantedChange("full width", True, False, _is_prose, _full_width),
    PlantedChange(
        "spaced characters", True, False, _is_chinese, lambda item, _: _UNSPACED.sub(r"\g<0> ", plain(item))
    ),
    PlantedChange("numbers changed", False, True, _has_numbers, _numbers),
    PlantedChange("names changed", False, False, _has_names, _names),
    PlantedChange(
        "names and numbers changed",
        False,
        True,
        lambda item: _has_names(item) and _has_numbers(item),
        _names_and_numbers,
    ),
    PlantedChange("a tenth of the words dropped", False, False, _is_prose, _dropped),
    PlantedChange("words set in", False, False, _is_prose, _inserted),
    PlantedChange("first half of the question", False, False, _is_prose, _first_half),
    PlantedChange("second half and answers", False, False, _is_prose, _second_half),
    PlantedChange("code: tabs", True, False, _is_code, _tabs),
    PlantedChange(
        "code: solution alone", False, False, _is_code, lambda item, _: item.code
    ),
    PlantedChange(
        "code: docstring gone", False, False, _is_code, lambda item, _: without_comments(_function(item))
    ),
    PlantedChange(
        "code: renamed", False, False, _is_code, lambda item, _: renamed(_function(item))
    ),
    PlantedChange(
        "code: docstring gone and renamed",
        False,
        False,
        _is_code,
        lambda item, _: renamed(without_comments(_function(item))),
    ),
)  # fmt: skip


def traditional_change(variants: Mapping[str, str]) -> PlantedChange:
    """Simplified Chinese in traditional characters.

    Args:
        variants: Traditional character by simplified one.
    """
    table = str.maketrans(dict(variants))
    return PlantedChange(
        "traditional characters",
        True,
        False,
        _is_chinese,
        lambda item, _: plain(item).translate(table),
    )


def planted(host: str, text: str) -> str:
    """A document with a text in its middle, between two paragraphs where it has some."""
    middle = len(host) // 2
    for mark in ("\n\n", "\n", " "):
        place = host.rfind(mark, middle // 2, middle)
        if place >= 0:
            return f"{host[:place]}\n\n{text}\n\n{host[place:].lstrip()}"
    return f"{host}\n\n{text}"
