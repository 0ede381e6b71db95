"""Files of benchmarks: every common shape as published, and what is refused with which words."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.contamination.mappings import load_mapping, mapping_names
from jobs.contamination.reading import items_digest, read_benchmarks
from jobs.runtime.errors import InputError, SettingsError
from udfs.contamination.items import BenchmarkItem

Rows = Sequence[dict[str, Any]]


def json_lines(path: Path, rows: Rows) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def packed_json_lines(path: Path, rows: Rows) -> None:
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))


def parquet(path: Path, rows: Rows) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows)), path)


def table(path: Path, rows: Rows) -> None:
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def bare_table(path: Path, rows: Rows) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(row.values() for row in rows)


def examples(key: str) -> Callable[[Path, Rows], None]:
    def write(path: Path, rows: Rows) -> None:
        path.write_text(json.dumps({"canary": "x", key: list(rows)}), "utf-8")

    return write


SHAPES: list[tuple[str, str, Callable[[Path, Rows], None], dict[str, Any], dict[str, Any]]] = [
    (
        "gsm8k",
        "test.jsonl",
        json_lines,
        {"question": "How many eggs?", "answer": "Four.\n#### 4"},
        {"item": "test/0", "question": "How many eggs?", "answer": "Four.\n#### 4"},
    ),
    (
        "gsm8k",
        "test.parquet",
        parquet,
        {"question": "How many eggs?", "answer": "Four."},
        {"item": "test/0", "question": "How many eggs?", "answer": "Four."},
    ),
    (
        "mmlu",
        "law_test.csv",
        bare_table,
        {"q": "Which, of these?", "A": "1", "B": "2", "C": "3", "D": "4", "a": "B"},
        {"item": "law_test/0", "question": "Which, of these?", "choices": ("1", "2", "3", "4")},
    ),
    (
        "mmlu-parquet",
        "x.parquet",
        parquet,
        {"question": "Which?", "choices": ["a", "b"], "answer": 1},
        {"item": "x/0", "question": "Which?", "choices": ("a", "b")},
    ),
    (
        "cmmlu",
        "法律.csv",
        table,
        {
            "": "0",
            "Question": "下列哪项？",
            "A": "甲",
            "B": "乙",
            "C": "丙",
            "D": "丁",
            "Answer": "A",
        },
        {"item": "法律/0", "question": "下列哪项？", "choices": ("甲", "乙", "丙", "丁")},
    ),
    (
        "c-eval",
        "law_val.csv",
        table,
        {
            "id": "7",
            "question": "哪项？",
            "A": "甲",
            "B": "乙",
            "C": "丙",
            "D": "丁",
            "answer": "A",
        },
        {"item": "law_val/7", "question": "哪项？", "choices": ("甲", "乙", "丙", "丁")},
    ),
    (
        "humaneval",
        "HumanEval.jsonl.gz",
        packed_json_lines,
        {"task_id": "HumanEval/0", "prompt": "def f(x):\n", "canonical_solution": "    return x\n"},
        {"item": "HumanEval/HumanEval/0", "question": "def f(x):\n", "code": "    return x\n"},
    ),
    (
        "mbpp",
        "mbpp.jsonl",
        json_lines,
        {"task_id": 3, "text": "Write f.", "code": "def f(): pass"},
        {"item": "mbpp/3", "question": "Write f.", "code": "def f(): pass"},
    ),
    (
        "arc",
        "a.parquet",
        parquet,
        {
            "id": "M_1",
            "question": "Why?",
            "choices": {"text": ["sun", "moon"], "label": ["A", "B"]},
        },
        {"item": "a/M_1", "question": "Why?", "choices": ("sun", "moon")},
    ),
    (
        "arc-jsonl",
        "a.jsonl",
        json_lines,
        {
            "id": "M_1",
            "question": {
                "stem": "Why?",
                "choices": [{"text": "sun", "label": "A"}, {"text": "moon", "label": "B"}],
            },
        },
        {"item": "a/M_1", "question": "Why?", "choices": ("sun", "moon")},
    ),
    (
        "hellaswag",
        "v.jsonl",
        json_lines,
        {"ind": 4, "ctx": "A man sits.", "endings": ["he stands.", "he sings."]},
        {"item": "v/0", "question": "A man sits.", "choices": ("he stands.", "he sings.")},
    ),
    (
        "gaokao",
        "bio.json",
        examples("example"),
        {
            "index": 0,
            "question": "21. Which is it? \nA. one  B. two C. a D. b\n",
            "analysis": "因为",
        },
        {
            "item": "bio/0",
            "question": "21. Which is it?",
            "choices": ("one", "two", "a", "b"),
            "answer": "因为",
        },
    ),
    (
        "bbh",
        "dates.json",
        examples("examples"),
        {"input": "Which day?\nOptions:\n(A) Monday\n(B) Friday", "target": "(A)"},
        {"item": "dates/0", "question": "Which day?", "choices": ("Monday", "Friday")},
    ),
    (
        "items",
        "own.jsonl",
        json_lines,
        {"question": "Why so?", "passage": "A story.", "choices": ["x", "y"], "code": "f()"},
        {
            "benchmark": "own",
            "item": "own/0",
            "question": "Why so?",
            "passage": "A story.",
            "choices": ("x", "y"),
            "code": "f()",
        },
    ),
    (
        "items",
        "own.jsonl",
        json_lines,
        {"question": 12},
        {"benchmark": "own", "item": "own/0", "question": "12"},
    ),
]


@pytest.mark.parametrize(("mapping", "name", "write", "row", "wanted"), SHAPES)
def test_a_published_shape_becomes_an_item(
    tmp_path: Path,
    mapping: str,
    name: str,
    write: Callable[[Path, Rows], None],
    row: dict[str, Any],
    wanted: dict[str, Any],
) -> None:
    write(tmp_path / name, [row])
    assert read_benchmarks([f"{mapping}={tmp_path / name}"]) == [
        BenchmarkItem(**{"benchmark": mapping, **wanted})
    ]


def test_every_mapping_that_comes_along_is_tried_here() -> None:
    assert {shape[0] for shape in SHAPES} == set(mapping_names())
    for name in mapping_names():
        assert load_mapping(name).description


def test_a_folder_is_one_benchmark_whose_ids_name_the_file(tmp_path: Path) -> None:
    for subject in ("law", "art"):
        bare_table(
            tmp_path / f"{subject}.csv", [{"q": "Q", "a": "1", "b": "2", "c": "3", "d": "4"}] * 2
        )
    (tmp_path / "README.md").write_text("no items", "utf-8")
    found = read_benchmarks([f"mmlu={tmp_path}"])
    assert [item.item for item in found] == ["art/0", "art/1", "law/0", "law/1"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"text": "no question"}\n', "no question column 'question'"),
        ("a.jsonl", "", "no item in it"),
        ("a.jsonl", '{"question": "Q"}\n{"question"\n', "a.jsonl line 2 is no JSON"),
        ("a.jsonl", "[1]\n", "a.jsonl line 1 is no JSON object, but list"),
        ("a.csv", "question,choices\nq\n", "line 2 has 1 fields, wanted 2"),
        ("a.json", '{"question": "Q", "answer": "A"}', "is one JSON object, wanted a list"),
        ("a.jsonl.gz", "no gzip", "cannot be read"),
        ("a.parquet", "no parquet", "cannot be read"),
        ("a.txt", "question", "holds no file that ends in .parquet, .jsonl"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(InputError, match=message.replace("[", r"\[")):
        read_benchmarks([str(tmp_path / name)])


def test_a_parquet_file_without_the_column_names_those_it_has(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", [{"qestion": "Why?", "id": 1}])
    with pytest.raises(InputError, match=r"no question column 'question'.*'qestion'"):
        read_benchmarks([str(tmp_path / "a.parquet")])


def test_an_id_that_comes_twice_names_both_rows(tmp_path: Path) -> None:
    json_lines(tmp_path / "a.jsonl", [{"task_id": 1, "text": "a", "code": ""}] * 2)
    with pytest.raises(InputError, match=r"id 'a/1' is given twice, in .* row 0 and in .* row 1"):
        read_benchmarks([f"mbpp={tmp_path / 'a.jsonl'}"])


def test_an_id_column_that_is_empty_names_the_row(tmp_path: Path) -> None:
    json_lines(tmp_path / "a.jsonl", [{"task_id": None, "text": "a", "code": ""}])
    with pytest.raises(InputError, match=r"row 0: no id in the column task_id"):
        read_benchmarks([f"mbpp={tmp_path / 'a.jsonl'}"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no benchmark mapping"),
        ("question: [", "is no YAML"),
        ("description: d\nquestoin: q\n", "question: Field required"),
        ("description: d\nquestion: q\nanwser: a\n", "anwser: Extra inputs"),
    ],
)
def test_a_faulty_mapping_is_refused(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "own.yaml"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=message):
        load_mapping(str(path))


def test_the_digest_tells_words_and_not_files(tmp_path: Path) -> None:
    rows = [{"question": "Why is it so?"}]
    json_lines(tmp_path / "a.jsonl", rows)
    (tmp_path / "b").mkdir()
    json_lines(tmp_path / "b" / "a.jsonl", rows)
    here, there = (read_benchmarks([str(path)]) for path in (tmp_path / "a.jsonl", tmp_path / "b"))
    assert items_digest(here) == items_digest(there)
    assert items_digest([BenchmarkItem("a", "a/0", "Why?")]) != items_digest(here)
