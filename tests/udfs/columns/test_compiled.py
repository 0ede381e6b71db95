import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import REPOSITORY
from udfs.columns.compiled import KernelCache, kernel
from udfs.text.token_hashing import extend_hash, mix64

CALLER = (
    "from callee import middle\nfrom constants import OFFSET\nfrom udfs.columns.compiled import kernel\n"
    "@kernel\ndef outer(value):\n    return middle(value) + OFFSET\n"
)
CALLEE = (
    "from inner import inner\nfrom udfs.columns.compiled import kernel\n"
    "@kernel\ndef middle(value):\n    return below(value)\n"
    "@kernel\ndef below(value):\n    return inner(value)\n"
)
INNER = "from udfs.columns.compiled import kernel\n@kernel\ndef inner(value):\n    return value * {factor}\n"
CALL = (
    "from caller import outer\nresult = outer(10)\n"
    "print(result, sum(outer.stats.cache_hits.values()), sum(outer.stats.cache_misses.values()))\n"
)


def call_in_new_process(folder: Path) -> tuple[int, int, int]:
    """What ``outer(10)`` returns, and how often its machine code was loaded and compiled."""
    search_path = os.pathsep.join([str(folder), str(REPOSITORY)])
    environment = {
        **os.environ,
        "PYTHONPATH": search_path,
        "NUMBA_CACHE_DIR": str(folder / "cache"),
        # Python takes a .pyc for fresh when the source has its size and second: a file rewritten at once
        # with one digit changed would be read as it was, on a machine where a call takes less than that.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    output = subprocess.run(
        [sys.executable, "-c", CALL], env=environment, check=True, capture_output=True, text=True
    ).stdout
    result, hits, misses = map(int, output.split())
    return result, hits, misses


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "callee.py").write_text(CALLEE)
    (tmp_path / "inner.py").write_text(INNER.format(factor=2))
    (tmp_path / "constants.py").write_text("OFFSET = 1\n")
    assert call_in_new_process(tmp_path) == (21, 0, 1)
    return tmp_path


def test_another_process_loads_what_one_has_compiled(modules: Path) -> None:
    assert call_in_new_process(modules) == (21, 1, 0)


def test_a_change_three_calls_down_in_another_file_is_seen(modules: Path) -> None:
    (modules / "inner.py").write_text(INNER.format(factor=3))
    assert call_in_new_process(modules) == (31, 0, 1)
    assert call_in_new_process(modules) == (31, 1, 0)


def test_a_changed_constant_of_another_file_is_seen(modules: Path) -> None:
    (modules / "constants.py").write_text("OFFSET = 5\n")
    assert call_in_new_process(modules) == (25, 0, 1)


def test_a_constant_read_through_a_module_is_seen(tmp_path: Path) -> None:
    (tmp_path / "constants.py").write_text("OFFSET = 1\n")
    (tmp_path / "caller.py").write_text(
        "import constants\nfrom udfs.columns.compiled import kernel\n"
        "@kernel\ndef outer(value):\n    return value + constants.OFFSET\n"
    )
    assert call_in_new_process(tmp_path) == (11, 0, 1)
    (tmp_path / "constants.py").write_text("OFFSET = 5\n")
    assert call_in_new_process(tmp_path) == (15, 0, 1)


def test_fields_that_changed_places_in_another_file_are_seen(tmp_path: Path) -> None:
    def write_pair(*fields: str) -> None:
        lines = "".join(f"    {field}: int\n" for field in fields)
        (tmp_path / "pair.py").write_text(
            f"from typing import NamedTuple\nclass Pair(NamedTuple):\n{lines}"
        )

    (tmp_path / "caller.py").write_text(
        "from __future__ import annotations\nfrom pair import Pair\n"
        "from udfs.columns.compiled import kernel\n"
        "@kernel\ndef first(pair: Pair):\n    return pair.low\n"
        "@kernel\ndef inner(value):\n    return Pair(low=value, high=0)\n"
        "def outer(value):\n    return first(Pair(low=value, high=7))\n"
        "outer.stats = first.stats\n"
    )
    write_pair("low", "high")
    assert call_in_new_process(tmp_path) == (10, 0, 1)
    assert call_in_new_process(tmp_path) == (10, 1, 0)
    write_pair("high", "low")
    assert call_in_new_process(tmp_path) == (10, 0, 1)


def test_the_middle_of_a_long_table_in_a_tuple_is_seen(tmp_path: Path) -> None:
    def write_tables(value: int) -> None:
        (tmp_path / "tables.py").write_text(
            "import numpy as np\nlong = np.zeros(5000, np.int64)\n"
            f"long[2500] = {value}\nTABLES = (long, 3)\n"
        )

    (tmp_path / "caller.py").write_text(
        "from tables import TABLES\nfrom udfs.columns.compiled import kernel\n"
        "@kernel\ndef outer(value):\n    return value + TABLES[0][2500]\n"
    )
    write_tables(1)
    assert call_in_new_process(tmp_path) == (11, 0, 1)
    write_tables(2)
    assert call_in_new_process(tmp_path) == (12, 0, 1)


def test_numba_still_has_the_private_names_the_cache_relies_on() -> None:
    cache = mix64._cache  # type: ignore[attr-defined]
    assert isinstance(cache, KernelCache)
    mix64(np.uint64(1))
    assert cache._cache_file._source_stamp == cache.fingerprint()


def test_kernels_of_one_file_that_use_different_things_have_different_fingerprints() -> None:
    one, other = (function._cache.fingerprint() for function in (mix64, extend_hash))  # type: ignore[attr-defined]
    assert one != other


def test_a_kernel_that_calls_itself_has_a_fingerprint() -> None:
    @kernel
    def factorial(number: int) -> int:
        return 1 if number < 2 else number * factorial(number - 1)

    assert factorial(5) == 120
    assert len(factorial._cache.fingerprint()) == 32  # type: ignore[attr-defined]


@kernel
def _plus(value: int, more: int) -> int:
    return value + more


@kernel
def _count_up(rounds: int) -> int:
    count = 0  # a literal where numba first looks, int64 in the loop
    for _ in range(rounds):
        count = _plus(count, 1)
    return _plus(count, more=7)


def test_a_called_kernel_is_compiled_once_for_all_values_of_a_type() -> None:
    assert _count_up(5) == 12
    _count_up.recompile()  # type: ignore[attr-defined]  # what was read from disk compiled nothing
    assert [str(signature) for signature in _plus.signatures] == ["(int64, int64)"]
