"""The corpora of an ablation, opened: all with one tokeniser and one length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.models.reference.row_stream import SAME, RowStream
from jobs.packing.opened_rows import OpenedRows, open_rows
from jobs.packing.row_files import TRAIN
from jobs.runtime.errors import SettingsError


@dataclass(frozen=True)
class Arm:
    """One corpus: its name, its rows, and those to train on."""

    name: str
    rows: OpenedRows
    stream: RowStream


def open_arms(given: Sequence[str]) -> list[Arm]:
    """Open the corpora, each as NAME=PACKED or PACKED, whose folder's name is then its own.

    Raises:
        SettingsError: They are fewer than two, two have one name, or tokeniser or length differ.
        InputError: One is not packed.
    """
    arms = []
    for word in given:
        name, _, packed = word.rpartition("=")
        rows = open_rows(packed)
        arms.append(Arm(name or Path(packed).name, rows, RowStream(rows.paths(TRAIN))))
    names = [arm.name for arm in arms]
    if len(set(names)) < max(2, len(names)):
        raise SettingsError(
            f"the arms are {', '.join(names)}: give two or more with names of their own, such as "
            "raw=FOLDER cleaned=FOLDER"
        )
    for arm in arms[1:]:
        for key in SAME:
            if arm.stream.facts[key] != arms[0].stream.facts[key]:
                raise SettingsError(
                    f"{key} is {arms[0].stream.facts[key]} in {names[0]} and {arm.stream.facts[key]} in "
                    f"{arm.name}: arms can be compared when tokeniser and length are the same; pack again"
                )
    return arms
