"""What arms are measured on: apart from all of them, counted once, by language."""

from pathlib import Path

import pytest

from jobs.ablation.arms import Arm, open_arms
from jobs.ablation.held_out_choice import HeldOut, choose_held_out
from jobs.ablation.packed_training import token_text
from jobs.models.reference.held_out import segment_ids
from jobs.models.reference.row_stream import PackedRow
from jobs.packing.opened_rows import OpenedRows
from jobs.runtime.errors import InputError
from tests.packed_folder import documents, packed_folder
from udfs.trainer_files.packing.settings import PackSettings

LONG = PackSettings(length=512)
ENGLISH = (
    "The keeper of the lighthouse wrote down the weather every evening, then the ships, and last of all the "
    "price of oil, which nobody had asked him for."
)
CHINESE = (
    "灯塔看守人每天傍晚记录天气，然后是船只，最后是没有人问过他的油价。"
    "他从来不写自己，也不写海那边的人。"
)
OTHER = (
    "Whoever cannot say what was in the data cannot say why the model lies, and nobody who was asked "
    "this winter in any of the northern harbours could say a word about it."
)
SHORT = "Nothing."


def chosen(arms: list[Arm], given: str | None = None) -> HeldOut:
    text = token_text(arms[0].rows.tokeniser(None), arms[0].stream.facts["eos_id"])
    return choose_held_out(arms, given, 1 << 20, text)


def opened(tmp_path: Path, kept_apart: list[list[str]], also_trained: str) -> list[Arm]:
    words = []
    for name, texts in zip(("raw", "cleaned"), kept_apart, strict=True):
        trained = [*documents(30), *([also_trained] if name == "cleaned" else [])]
        packed_folder(tmp_path / name, trained, texts, LONG)
        words.append(f"{name}={tmp_path / name}")
    return open_arms(words)


def test_what_another_arm_trains_on_counts_for_none(tmp_path: Path) -> None:
    arms = opened(tmp_path, [[ENGLISH, OTHER, SHORT], [ENGLISH, CHINESE]], also_trained=OTHER)
    found = chosen(arms)
    assert found.left_out == {"seen": 1, "short": 1, "twice": 1}
    assert int(found.kept.sum()) == 2
    assert {name: int(mask.sum()) for name, mask in found.groups.items()} == {
        "all": 2, "held out of raw": 1, "held out of cleaned": 1, "language en": 1, "language zh": 1,
    }  # fmt: skip
    (size,) = found.text_bytes[found.groups["language zh"]]
    assert len(CHINESE.encode()) - 3 <= size < len(CHINESE.encode())  # all but the first token


def test_what_counts_is_one_row(tmp_path: Path) -> None:
    arms = opened(tmp_path, [[ENGLISH, OTHER, SHORT], [ENGLISH, CHINESE]], also_trained=OTHER)
    found = chosen(arms)
    row = found.kept_row()
    text = token_text(arms[0].rows.tokeniser(None), arms[0].stream.facts["eos_id"])
    told = [text.decode(ids.tolist()) for ids in segment_ids(row)]
    assert [ENGLISH in one or CHINESE in one for one in told] == [True, True]
    assert len(row.documents) == len(row.continued) == 2


def test_sources_are_groups_also_where_another_arm_knows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def named(packed: OpenedRows, rows: list[PackedRow]) -> list[str | None]:
        count = sum(len(row.segment_lengths) for row in rows)
        return ["novels" if packed.given.endswith("cleaned") else None] * count

    monkeypatch.setattr("jobs.ablation.held_out_choice.segment_sources", named)
    # The one that both held out counts as the first arm's, which does not know its source.
    found = chosen(opened(tmp_path, [[ENGLISH, OTHER], [ENGLISH]], also_trained=SHORT))
    assert {name: int(mask.sum()) for name, mask in found.groups.items()} == {
        "all": 2, "held out of raw": 2, "language en": 2, "source novels": 1,
    }  # fmt: skip


def test_rows_of_its_own_are_taken_whole(tmp_path: Path) -> None:
    arms = opened(tmp_path, [[ENGLISH], [ENGLISH]], also_trained=OTHER)
    other = packed_folder(tmp_path / "other", [CHINESE, OTHER], settings=LONG)
    found = chosen(arms, str(other))
    assert found.left_out == {"seen": 1, "short": 0, "twice": 0}
    assert int(found.kept.sum()) == 1


def test_where_nothing_was_kept_apart_the_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--validation"):
        chosen(opened(tmp_path, [[], []], also_trained=OTHER))


def test_where_all_is_seen_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none is apart"):
        chosen(opened(tmp_path, [[OTHER], [OTHER]], also_trained=OTHER))


def test_rows_of_another_length_are_refused(tmp_path: Path) -> None:
    arms = opened(tmp_path, [[ENGLISH], [ENGLISH]], also_trained=OTHER)
    other = packed_folder(tmp_path / "other", [CHINESE], settings=PackSettings(length=64))
    with pytest.raises(InputError, match="has length 64, the arms have 512"):
        chosen(arms, str(other))
