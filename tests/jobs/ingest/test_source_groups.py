"""Sources in groups: each file is in one, unchanged groups stay, and changes are told apart."""

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.ingest.source_files import SourceFile, read_plan
from jobs.ingest.source_groups import source_changes, source_groups, with_plan

SMALL = 10 / (1 << 30)  # of a group: ten bytes


def file(number: int, size: int = 4) -> SourceFile:
    return SourceFile(number, f"crawl/{number}", f"/crawl/{number}", f"crawl/{number}", size, 1)


def made(folder: Path, groups: list[list[SourceFile]]) -> None:
    for place, group in enumerate(groups):
        (folder / f"chunk-{place}").mkdir(exist_ok=True)
        with_plan(group, lambda _: None)(str(folder / f"chunk-{place}"))


FATES = st.dictionaries(st.integers(0, 40), st.sampled_from(["same", "changed", "vanished", "new"]))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(FATES)
def test_every_source_is_in_one_group_and_groups_without_change_stay(fates: dict[int, str]) -> None:
    before = [file(number) for number, fate in sorted(fates.items()) if fate != "new"]
    now = [
        file(number, 5 if fate == "changed" else 4)
        for number, fate in sorted(fates.items())
        if fate != "vanished"
    ]
    with tempfile.TemporaryDirectory() as scratch:
        former = source_groups(scratch, before, SMALL)
        made(Path(scratch), former)
        groups = source_groups(scratch, now, SMALL)
    assert sorted(one.number for group in groups for one in group) == [one.number for one in now]
    for group in former:
        stays = all(fates[one.number] == "same" for one in group)
        assert (group in groups) == stays or not group
    changes = source_changes(before, now)
    for kind, names in zip(("new", "changed", "vanished"), changes, strict=True):
        assert {int(name.split("/")[1]) for name in names} == {
            number for number, fate in fates.items() if fate == kind
        }


def test_a_folder_that_is_no_chunk_gives_no_group(tmp_path: Path) -> None:
    (tmp_path / "_manifest.json").write_text("{}")
    (tmp_path / "chunk-torn").mkdir()
    (tmp_path / "chunk-torn" / "_sources.arrow").write_bytes(b"ARROW1")
    assert source_groups(str(tmp_path), [file(1), file(2)], 1.0) == [[file(1), file(2)]]


def test_a_chunk_tells_its_sources_before_its_rows(tmp_path: Path) -> None:
    def write(folder: str) -> None:
        assert read_plan(folder) == [file(3)]

    with_plan([file(3)], write)(str(tmp_path))


def test_changes_in_one_line(tmp_path: Path) -> None:
    now = [file(1), replace(file(2), modified=9), *map(file, range(4, 9))]
    told = str(source_changes([file(1), file(2), file(3)], now))
    assert told == (
        "sources: 5 added (crawl/4, crawl/5, crawl/6, …); 1 changed (crawl/2); 1 vanished (crawl/3)"
    )
