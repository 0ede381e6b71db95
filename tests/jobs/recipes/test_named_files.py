"""Settings that name files: executors see none of them, whether they lie beside the driver or in a store."""

from __future__ import annotations

import dataclasses
import pickle
import shutil
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import BaseModel

from jobs.annotate_text import annotator
from jobs.models.safety_lists import read_safety_lists
from jobs.recipes.exclusions import excluding_rules
from jobs.recipes.loading import load_recipe
from jobs.recipes.recipe import Recipe
from tests.stand_in_store import stand_in_store

DRIVER = "read by the driver, what is in it is sent"
PROGRAM = "started by the driver"
SHIPPED = "code, imported by the driver and shipped with the session"
NO_FILE = "names no file"
FREE_TEXT = {
    "name": NO_FILE,
    "description": NO_FILE,
    "trust": NO_FILE,  # a recipe, read with this one
    "ingest.text_fields": NO_FILE,
    "ingest.html_fields": NO_FILE,
    "ingest.url_fields": NO_FILE,
    "ingest.id_fields": NO_FILE,
    "ingest.date_fields": NO_FILE,
    "ingest.carry": NO_FILE,
    "ingest.paths_prefix": NO_FILE,  # of inputs, which every task reads from a store
    "ingest.readers": SHIPPED,
    "perplexity.lmplz": PROGRAM,
    "perplexity.languages": NO_FILE,
    "dedup.preset": NO_FILE,
    "dedup.scope": NO_FILE,
    "dedup.source_priority": NO_FILE,
    "safety.combination": NO_FILE,
    "safety.lexicons": DRIVER,
    "safety.blocked_domains": DRIVER,
    "grade.languages": NO_FILE,
    "exclude.file": DRIVER,
    "publish.partition_by": NO_FILE,
    "pack.strategy": NO_FILE,
    "pack.bos_token": NO_FILE,
    "pack.eos_token": NO_FILE,
    "pack.pad_token": NO_FILE,
    "pack.tiktoken_split": NO_FILE,
    "pack.tiktoken_special_tokens": NO_FILE,
    "pack.group_by": NO_FILE,
    "pack.mix_by": NO_FILE,
    "pack.weights": NO_FILE,
    "pack.formats": NO_FILE,
    "annotators": SHIPPED,
}
LEXICON = """\
format: 1
language: en
matching: word
groups: [{category: x, severity: 3, entries: [water law]}]
"""


def free_text(model: type, prefix: str = "") -> Iterator[str]:
    """Keys of settings that hold any text, those of groups in them included; rules aside."""
    for name, hint in typing.get_type_hints(model).items():
        if name in ("rules", "model_config"):
            continue
        if isinstance(hint, type) and (
            issubclass(hint, BaseModel) or dataclasses.is_dataclass(hint)
        ):
            yield from free_text(hint, f"{prefix}{name}.")
        elif holds_text(hint):
            yield f"{prefix}{name}"


def holds_text(hint: Any) -> bool:
    return hint is str or any(holds_text(inner) for inner in typing.get_args(hint))


def test_every_setting_that_may_name_a_file_is_in_the_table() -> None:
    assert set(free_text(Recipe)) == FREE_TEXT.keys()


@pytest.fixture(params=["a disk of the driver", "a store"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, str]:
    """A folder and how settings name it."""
    folder = stand_in_store(tmp_path / "files", monkeypatch)
    (folder / "lexicon.yaml").write_text(LEXICON)
    (folder / "domains.txt").write_text("bad.example\n")
    (folder / "exclusions.yaml").write_text("documents: [{url: https://a.example/}]\n")
    return folder, "s3://bucket" if request.param == "a store" else str(folder)


def test_workers_screen_by_lists_whose_files_they_do_not_see(place: tuple[Path, str]) -> None:
    folder, named = place
    settings = [
        f"safety.lexicons=[{named}/lexicon.yaml]",
        f"safety.blocked_domains={named}/domains.txt",
    ]
    recipe = load_recipe("default", settings)
    lists, digests = read_safety_lists(recipe.safety)
    shipped = pickle.dumps(annotator(recipe, None, None, lists))
    shutil.rmtree(folder)
    batch = pa.record_batch(
        {
            "text": ["The water law of today is long and was read twice.", "A garden in May."],
            "url": ["https://a.example/", "https://www.bad.example/page"],
        }
    )
    (screened,) = pickle.loads(shipped)(iter([batch]))
    safety = screened.column("safety")
    assert safety.field("keyword_flag").to_pylist() == [True, False]
    assert safety.field("blocked_url").to_pylist() == [False, True]
    assert set(digests) == {f"lexicon {named}/lexicon.yaml", "blocked_domains"}


def test_documents_are_excluded_by_a_file_that_tasks_do_not_see(place: tuple[Path, str]) -> None:
    folder, named = place
    recipe = load_recipe("default", [f"exclude.file={named}/exclusions.yaml"])
    (rule,) = excluding_rules(recipe.exclude)
    shutil.rmtree(folder)
    assert rule.listed is not None
    assert rule.listed.urls == ("https://a.example/",)


def test_the_tests_above_are_of_all_that_the_driver_reads() -> None:
    read = {name for name, how in FREE_TEXT.items() if how == DRIVER}
    assert read == {"safety.lexicons", "safety.blocked_domains", "exclude.file"}
