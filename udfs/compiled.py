"""The one place where a Python function becomes a numba kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile ``function`` to machine code on its first call and keep the result on disk.

    The cache outlives the process: Spark forks a Python worker a core, and without it each of them
    would pay seconds of compilation. ``nogil`` lets a driver-side caller use threads.

    Args:
        function: A function of numpy arrays and scalars; no Python objects inside.

    Returns:
        The compiled function under the same signature.
    """
    return cast("Function", numba.njit(cache=True, nogil=True)(function))
