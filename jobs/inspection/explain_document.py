"""A question about one document → its whole way through a run, as text; no Spark."""

from __future__ import annotations

import argparse
import sys

from jobs.command.opening import open_recipe
from jobs.inspection.explain import Explanation, explain_documents
from jobs.inspection.explain_text import explanation_text, rule_lines, signal_lines
from jobs.inspection.find_documents import by_id, by_text, by_url
from jobs.inspection.run_tables import RunTables
from jobs.recipes.recipe import Recipe
from jobs.runtime.errors import InputError

MOST_EXPLAINED = 5


def explain_by_id(tables: RunTables, given: str, *, every_signal: bool) -> str:
    """Explain the documents with this id, ours or that of their source.

    Raises:
        InputError: The run has no such document.
    """
    found = by_id(tables, given)
    text = _texts(explain_documents(tables, found[:MOST_EXPLAINED]), every_signal)
    further = len(found) - MOST_EXPLAINED
    return f"{text}\n\nand {further:,} more of this id" if further > 0 else text


def explain_by_url(tables: RunTables, given: str, *, every_signal: bool) -> str:
    """Explain the documents with this address or input file.

    Raises:
        InputError: The run has none.
    """
    found = by_url(tables, given)
    text = _texts(explain_documents(tables, found[:MOST_EXPLAINED]), every_signal)
    further = len(found) - MOST_EXPLAINED
    return f"{text}\n\nand {further:,} more of this address" if further > 0 else text


def explain_text(tables: RunTables, recipe: Recipe, path: str, *, every_signal: bool) -> str:
    """Explain the documents with a file's text; judge the text by the run's rules if there are none.

    Raises:
        InputError: The file cannot be read, or the run is not decided yet.
    """
    from jobs.inspection.judge_text import judge_text  # compiled kernels take seconds to load

    text, found = by_text(tables, path)
    if found:
        explained = explain_documents(tables, found[:MOST_EXPLAINED])
        return f"{len(found):,} documents have this text\n\n{_texts(explained, every_signal)}"
    document, answers = judge_text(tables, recipe, text)
    lines = ["no document of this run has this text; the run's rules would say:"]
    lines += rule_lines(answers)
    return "\n".join(lines + (signal_lines(document) if every_signal else []))


def write_raw(tables: RunTables, given: str) -> None:
    """Write the bytes of the document with this id to standard output.

    Raises:
        InputError: The run has no such document, or several, its source is gone, or standard output is a
            terminal.
    """
    from jobs.inspection.raw_document import raw_document

    number, *others = by_id(tables, given, "--raw")
    if others:
        shown = ", ".join(map(str, [number, *others[:4]]))
        raise InputError(f"--raw {given} is the id of several documents: give one of {shown}")
    if sys.stdout.isatty():  # a page may hold what a terminal obeys
        raise InputError(f"--raw {given} writes bytes as they are: add > FILE, or | less")
    sys.stdout.buffer.write(raw_document(tables, number))
    sys.stdout.flush()


def _texts(explained: list[Explanation], every_signal: bool) -> str:
    return "\n\n".join(explanation_text(one, every_signal=every_signal) for one in explained)


def explain_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill explain`."""
    tables, every_signal = RunTables(arguments.run), arguments.signals
    if arguments.raw is not None:
        write_raw(tables, arguments.raw)
        return None
    if arguments.id is not None:
        return explain_by_id(tables, arguments.id, every_signal=every_signal)
    if arguments.url is not None:
        return explain_by_url(tables, arguments.url, every_signal=every_signal)
    recipe = open_recipe(arguments, arguments.run)
    return explain_text(tables, recipe, arguments.text_file, every_signal=every_signal)
