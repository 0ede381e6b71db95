"""Training on generated pages: what it writes, that it learns, and that it writes the same again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.command_line import main
from udfs.extraction.html.blocks.page_blocks import segment
from udfs.extraction.html.learned.model import judge_blocks, read_block_model

WORDS = [
    "river",
    "bridge",
    "morning",
    "baker",
    "ferry",
    "school",
    "winter",
    "garden",
    "letter",
    "window",
]


def page_of(site: int, number: int) -> tuple[str, str]:
    """A page with six sentences of content between two menus, and its gold text."""
    said = [
        f"The {WORDS[(site + i) % 10]} of {WORDS[(number + i) % 10]} was, as all of them knew, number {i}."
        for i in range(6)
    ]
    menu = "".join(f"<li><a href=/{word}>{word}</a>" for word in WORDS)
    body = "".join(f"<p>{sentence}</p>" for sentence in said)
    page = f"<html><body><ul class=menu>{menu}</ul><div class=story>{body}</div><ul>{menu}</ul></body></html>"
    return page, "\n".join(said)


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    for name in ("html", "ground-truth"):
        (folder / name).mkdir(parents=True)
    for site in range(9):
        for number in range(3):
            page, gold = page_of(site, number)
            (folder / "html" / f"{site}-{number}.html").write_text(page)
            stated = {"url": f"https://site{site}.example/", "ground_truth": {"main_content": gold}}
            (folder / "ground-truth" / f"{site}-{number}.json").write_text(json.dumps(stated))
    return folder


def test_it_learns_and_writes_the_same_files_again(pages: Path, tmp_path: Path) -> None:
    for output in ("one", "two"):
        command = [
            "train-extractor",
            str(pages),
            str(tmp_path / output),
            "--trees",
            "12",
            "--ablation",
            "--quiet",
        ]
        assert main(command) == 0
    names = {"block_model.npz", "fold-0.npz", "fold-1.npz", "fold-2.npz", "card.md"}
    assert {path.name for path in (tmp_path / "one").iterdir()} == names
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert "| containers | " in (tmp_path / "one" / "card.md").read_text()
    model = read_block_model((tmp_path / "one" / "block_model.npz").read_bytes())
    page, gold = page_of(20, 1)
    blocks = segment(page)
    kept = judge_blocks(blocks, model).is_kept
    texts = [text for text, is_kept in zip(blocks.texts(), kept, strict=True) if is_kept]
    assert "\n".join(texts) == gold


@pytest.mark.parametrize("given", ["missing", "empty"])
def test_a_folder_without_gold_pages_is_refused(
    given: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["train-extractor", str(tmp_path / given), str(tmp_path / "out")]) == 1
    assert "ground_truth.main_content was wanted" in capsys.readouterr().err
