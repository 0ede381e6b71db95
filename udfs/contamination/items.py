"""Benchmark items in fields; what is looked for in texts is made of these and of nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LONG_QUESTION_WORDS: Final = 100
"""A question of more words is a passage with a question at its end (marin's "corpus material")."""

LEAST_QUESTION_WORDS: Final = 3

# Field kinds, in the order in which a match of an item is preferred.
QUESTION: Final = 0
ANSWER: Final = 1
CODE: Final = 2
PASSAGE: Final = 3
OPTIONS: Final = 4
FIELD_NAMES: Final = ("question", "answer", "code", "passage", "options")

_SENTENCE_BREAK: Final = re.compile(r"(?:[.!?]['\")\]]*\s+|[。！？][”’」』）]*\s*|\n\s*\n)")
_WORD: Final = re.compile(r"[⺀-鿿豈-﫿]|[^\W_]+")
_OPTION_MARK: Final = re.compile(
    r"(?:^|(?<=[\s。．；;]))[(（]?([A-H])[)）.．、:：]\s*", re.MULTILINE
)
_OPTION_HEAD: Final = re.compile(r"\s*Options:\s*$")
_DOCSTRING: Final = re.compile(r"\"\"\".*?\"\"\"|'''.*?'''", re.DOTALL)
_COMMENT: Final = re.compile(r"(?m)(?:^|(?<=\s))#.*$")


@dataclass(frozen=True)
class BenchmarkItem:
    """One item of a benchmark.

    Attributes:
        benchmark: Name of its set.
        item: Its id, unique in the set.
        question: What is asked; never empty.
        passage: What the question is about; alone it is no leak, since it was published elsewhere.
        choices: The options, in the order of the set; no phrase crosses from one to the next.
        answer: A worked answer.
        code: A solution in a programming language; compared with names of one's own made equal.
    """

    benchmark: str
    item: str
    question: str
    passage: str = ""
    choices: tuple[str, ...] = ()
    answer: str = ""
    code: str = ""

    def fields(self, *, whole: bool = False) -> list[tuple[int, str]]:
        """(kind, text) of the fields that are looked for one by one; choices only support a question.

        Args:
            whole: Leave a long question whole: what is asked at its end is the same for many items.
        """
        passage, question = self.passage, self.question
        if not passage and not self.code and not whole:
            passage, question = split_passage(question)
        texts = [
            (QUESTION, question),
            (ANSWER, self.answer),
            (PASSAGE, passage),
            (CODE, without_comments(self.code)),
        ]
        if self.code and "def " in self.question:  # the question is the head of the function
            texts.append(
                (CODE, without_comments(self.question) + "\n" + without_comments(self.code))
            )
        return [(kind, text) for kind, text in texts if text.strip()]


def split_passage(question: str) -> tuple[str, str]:
    """Split a long question into what it is about and what it asks: its last sentence.

    Returns:
        (passage, question); the passage is empty for a question of at most 100 words.
    """
    if len(question) <= LONG_QUESTION_WORDS or len(_WORD.findall(question)) <= LONG_QUESTION_WORDS:
        return "", question
    breaks = [match.end() for match in _SENTENCE_BREAK.finditer(question.rstrip())]
    for place in reversed(breaks):
        if len(_WORD.findall(question[place:])) >= LEAST_QUESTION_WORDS:
            return question[:place], question[place:]
    return "", question


def split_options(question: str) -> tuple[str, tuple[str, ...]]:
    """Split a question whose options stand in its own text: "… A. one B. two", "(A) one\\n(B) two".

    Returns:
        (question, options); no options where no A with a B after it begins a list.
    """
    marks = list(_OPTION_MARK.finditer(question))
    for first, mark in reversed(list(enumerate(marks))):  # the question may speak of a plan A.
        run = [mark] if mark[1] == "A" else []
        for following in marks[first + 1 :] if run else ():
            if following[1] == chr(ord(run[-1][1]) + 1):
                run.append(following)
        if len(run) > 1:
            ends = [after.start() for after in run[1:]] + [len(question)]
            texts = (question[at.end() : end].strip() for at, end in zip(run, ends, strict=True))
            head = _OPTION_HEAD.sub("", question[: mark.start()])
            return head.rstrip(), tuple(text for text in texts if text)
    return question, ()


def without_comments(code: str) -> str:
    """Code without docstrings and comments: a copy need not keep them."""
    return _COMMENT.sub("", _DOCSTRING.sub("", code))


def item_names(items: Sequence[BenchmarkItem]) -> list[str]:
    """Benchmark and id of each item as one text, e.g. ``gsm8k/17``."""
    return [f"{item.benchmark}/{item.item}" for item in items]
