"""The words of the command `corpusmill`: subcommands, arguments and the help that teaches them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

import jobs
from jobs.command.inspection_words import (
    add_information,
    add_inspection,
    add_review,
    add_serve,
)
from jobs.command.planning_words import add_dedup_plan, add_plan, add_submit
from jobs.command.reference_words import add_reference
from jobs.command.stage_words import (
    add_decontaminate,
    add_export,
    add_ingest,
    add_pack,
    add_run,
    add_run_stages,
    add_table_stages,
)
from jobs.command.tracing_words import add_tracing
from jobs.command.training_words import add_training
from jobs.runtime.suggestions import did_you_mean

TWO_WORD_COMMANDS = {("dedup", "plan"), ("contamination", "review")}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands; the help texts are the documentation's source."""
    parser = _Parser(
        prog="corpusmill",
        description="Turn crawls and book collections into text fit to pre-train a language model, "
        "and say of every document that left why it left.",
        epilog="Begin with `corpusmill run INPUT OUTPUT`. `corpusmill COMMAND --help` has examples.",
    )
    parser.add_argument("--version", action="version", version=f"corpusmill {jobs.__version__}")
    one_line: type[argparse.ArgumentParser] = _CommandParser
    commands = parser.add_subparsers(
        required=True, metavar="COMMAND", title="commands", parser_class=one_line
    )
    add_run(commands)
    add_ingest(commands)
    add_table_stages(commands)
    add_dedup_plan(commands)
    add_decontaminate(commands)
    add_run_stages(commands)
    add_export(commands)
    add_pack(commands)
    add_inspection(commands)
    add_serve(commands)
    add_review(commands)
    add_tracing(commands)
    add_training(commands)
    add_reference(commands)
    add_submit(commands)
    add_plan(commands)
    add_information(commands)
    parser.commands = commands.choices
    for command in commands.choices.values():
        command.add_argument("--debug", action="store_true", help="show where an error arose")
    return parser


class _CommandParser(argparse.ArgumentParser):
    """Says what is wrong in one line: the usage of some commands fills a screen."""

    def error(self, message: str) -> NoReturn:
        """End with the message, and with where help is."""
        self.exit(2, f"{self.prog}: {message.rstrip('.')}. `{self.prog} --help` explains\n")


class _Parser(_CommandParser):
    """Takes a command of two words, such as `dedup plan`, for one; tells what a misspelt word may mean."""

    commands: Mapping[str, argparse.ArgumentParser]

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Parse as usual, and end with what an option that the command does not have may mean."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            command = self.commands[found.command]
            options = [name for action in command._actions for name in action.option_strings]
            given = unknown[0].partition("=")[0]
            near = did_you_mean(given, options) if given.startswith("--") else ""
            command.error(f"there is no place for {given!r} here{near}")
        return found

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse as usual; a folder with the second word's name is given as ./plan."""
        words = list(sys.argv[1:] if args is None else args)
        if not words:
            self.print_help(sys.stderr)
            self.exit(2)
        if tuple(words[:2]) in TWO_WORD_COMMANDS:
            words[:2] = [" ".join(words[:2])]
        if not words[0].startswith("-") and words[0] not in self.commands:
            near = did_you_mean(words[0], self.commands)
            self.error(f"no command {words[0]!r}{near}")
        return super().parse_known_args(words, namespace)
