"""pandas imported by those who use it, and not by Arrow to find out that nobody does.

Arrow imports it when it is first asked for an array of Python's values, in case they are a Series: .4
processor seconds of every command. What is told no and needs pandas later, ``to_pandas``, looks again.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import pyarrow as pa


class _NotYet(MetaPathFinder):
    def find_spec(
        self,
        fullname: str,
        path: object = None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)
        return None


def leave_out_pandas() -> None:
    """Let Arrow take pandas for absent until somebody uses it; without effect once it has looked."""
    if "pandas" in sys.modules:
        return
    finder = _NotYet()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(finder)


def admit_pandas() -> None:
    """Let Arrow take a Series for one if pandas was imported since: missing numbers are null then."""
    if "pandas" in sys.modules:
        _ = pa.lib._pandas_api.pd
