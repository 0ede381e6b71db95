"""Every argument of every command takes a table of a lake, refuses one in a line, or is no place at all."""

import argparse
from collections.abc import Iterator

import pytest

from jobs.command.lake_words import LISTING, PLACES, TAKEN, require_paths
from jobs.command.parser import build_parser
from jobs.lake.table_names import is_lake_table
from jobs.runtime.errors import SettingsError

# What says how, and names nothing that could lie in a lake.
WORDS = {
    "application", "bos_token", "carry", "classes", "cluster", "dataset", "eos_token",
    "group_by", "group_column", "host", "id", "id_column", "label_column", "language_column", "languages",
    "master",
    "max_tokens", "mix_by", "name", "other", "overrides", "pad_token", "partition_by", "phrase", "preset",
    "project", "prompt", "raw", "recipe", "region", "role", "run_id", "runtime", "source", "spark_conf",
    "text_column", "threshold", "token", "url", "weight",
}  # fmt: skip


def arguments_of_commands() -> Iterator[tuple[str, str]]:
    """Command and name of each argument whose values are words of the user's."""
    (commands,) = (
        action
        for action in build_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    for command, parser in commands.choices.items():
        for action in parser._actions:
            if action.nargs != 0 and action.choices is None and action.type not in (int, float):
                yield command, action.dest


def test_every_argument_is_of_one_kind() -> None:
    numbers = {"steps", "batch_rows", "rows_at_once", "seeds", "continuations", "score_documents"}
    numbers |= {f"{what}_every" for what in ("evaluate", "sample", "checkpoint")}
    found = {name for _, name in arguments_of_commands()} - numbers
    assert found == TAKEN | PLACES | (WORDS & found)
    assert not TAKEN & PLACES
    assert not WORDS & (TAKEN | PLACES)


@pytest.mark.parametrize("table", ["iceberg:lake.db.pages", "delta:/lake/pages@3"])
@pytest.mark.parametrize(("command", "name"), sorted(set(arguments_of_commands())))
def test_a_table_is_taken_or_refused_in_one_line(command: str, name: str, table: str) -> None:
    assert is_lake_table(table)
    given = argparse.Namespace(command=command, **{name: [table]})
    if name in PLACES or (name in TAKEN and command in LISTING):
        with pytest.raises(SettingsError, match=f"{command} takes no table of a lake") as refused:
            require_paths(given)
        assert "\n" not in str(refused.value)
    else:
        require_paths(given)


def test_a_table_behind_a_name_is_refused_and_a_path_with_such_a_folder_is_not() -> None:
    with pytest.raises(SettingsError, match="as its argument arms"):
        require_paths(argparse.Namespace(command="ablate", arms=["raw=delta:/rows", "b=PACKED"]))
    require_paths(argparse.Namespace(command="report", run="/data/x=delta:/run"))
    require_paths(argparse.Namespace(command="trace", phrase="delta: the fourth letter"))
