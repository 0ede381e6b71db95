"""Command-line arguments that several subcommands share, in one wording."""

from __future__ import annotations

import argparse
from typing import TypeAlias

from jobs.runtime.errors import SettingsError

Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_recipe_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--recipe`` and ``--set``."""
    parser.add_argument(
        "--recipe",
        metavar="NAME|FILE",
        help="recipe by name (`corpusmill recipes`) or a .yaml file; default: the one a run was decided "
        "by, else default",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="KEY=VALUE",
        help="override one value of the recipe, e.g. --set rules.long_word.max=500; may be repeated",
    )


class _Named(argparse.Action):
    """Adds a setting of a name that no option before it gave another value: the later would replace it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Append the setting, or end the program as argparse does where the name is taken."""
        given: list[str] = getattr(namespace, self.dest)
        key, _, place = str(values).partition("=")
        group, _, name = key.rpartition(".")
        others = [text.partition("=")[2] for text in given if text.startswith(f"{key}=")]
        if set(others) - {place}:
            parser.error(
                f"{option_string}: {others[0]} and {place} are both called {name}, and one would take the "
                f"place of the other: name it otherwise, --set {group}.NAME={place}"
            )
        setattr(namespace, self.dest, [*given, str(values)])


def add_annotators(parser: argparse.ArgumentParser) -> None:
    """Add ``--annotator``, which stands for ``--set annotators.NAME=PLACE``."""
    parser.add_argument(
        "--annotator",
        action=_Named,
        default=[],
        dest="overrides",
        type=lambda given: f"annotators.{given.rpartition(':')[2]}={given}",
        metavar="MODULE:FUNCTION",
        help="signals of your own, a group of the function's name (see docs/annotators.md), or the name that "
        "an installed package gives them; may be repeated",
    )


def add_readers(parser: argparse.ArgumentParser) -> None:
    """Add ``--reader``, which stands for ``--set ingest.readers.ENDING=PLACE``."""
    parser.add_argument(
        "--reader",
        action=_Named,
        default=[],
        dest="overrides",
        type=_reader,
        metavar=".EXT=MODULE:FUNCTION",
        help="your own reader of what ends so, bytes in, text out (see docs/annotators.md); .EXT alone: what "
        "an installed package has for it; may be repeated",
    )


def _reader(given: str) -> str:
    ending, _, place = given.lstrip(".").partition("=")
    return f"ingest.readers.{ending.lower()}={place or ending}"


def add_column_arguments(parser: argparse.ArgumentParser, text: str) -> None:
    """Add ``--id-column`` and ``--text-column`` for work on Parquet of the user's own."""
    parser.add_argument("--id-column", metavar="C", help="column with your ids (default: id)")
    parser.add_argument("--text-column", metavar="C", help=f"column with {text} (default: text)")


def add_session_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how Spark is started and how much is said."""
    parser.add_argument(
        "--master",
        metavar="URL",
        help="Spark master, e.g. local[4]; sc://HOST:PORT: a server of Spark Connect; default: all cores of "
        "this machine",
    )
    parser.add_argument(
        "--spark-conf",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="Spark setting, e.g. --spark-conf spark.driver.memory=8g; may be repeated",
    )
    parser.add_argument("--quiet", action="store_true", help="print results and errors only")
    parser.add_argument(
        "--log-format",
        choices=["text", "json"],
        default="text",
        help="json: progress as one JSON object a line, for log collectors",
    )


def spark_settings(given: list[str]) -> dict[str, str]:
    """Return ``--spark-conf`` values as a mapping.

    Raises:
        SettingsError: One is not KEY=VALUE.
    """
    settings = {}
    for text in given:
        key, separator, value = text.partition("=")
        if not separator:
            raise SettingsError(f"--spark-conf {text}: write KEY=VALUE")
        settings[key] = value
    return settings


def add_command(
    commands: Subcommands,
    name: str,
    help_: str,
    description: str,
) -> argparse.ArgumentParser:
    """Add a subcommand whose description keeps its lines."""
    return commands.add_parser(
        name,
        help=help_,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def finish_command(parser: argparse.ArgumentParser, command: str) -> None:
    """Add what every command with a recipe and a session takes, and the command's name."""
    add_recipe_arguments(parser)
    add_session_arguments(parser)
    parser.set_defaults(command=command)
