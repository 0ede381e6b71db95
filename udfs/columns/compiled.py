"""The one place where a Python function becomes a numba kernel."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher

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
    dispatcher = numba.njit(cache=True, nogil=True)(function)
    if hasattr(dispatcher, "_cache"):  # not where NUMBA_DISABLE_JIT asks for plain Python
        dispatcher._cache = KernelCache(function)
    return cast("Function", dispatcher)


class KernelCache(FunctionCache):  # type: ignore[misc]
    """numba's cache on disk, which also notices a change in what a kernel calls and closes over.

    numba asks only whether the kernel's own file changed, though callees and global constants are
    part of the machine code: an edited callee in another file would go on running as it was.
    The private names used here are pinned by a test; should a release lack them, its own check stays.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._fingerprint: bytes | None = None

    def load_overload(self, sig: object, target_context: object) -> object:
        """Load machine code if it was made from what the kernel is now; else None.

        numba asks this before it compiles and saves. Only now is the fingerprint taken, since a
        kernel may call others that stand below it in the file.
        """
        if hasattr(self._cache_file, "_source_stamp"):
            self._cache_file._source_stamp = self.fingerprint()
        return super().load_overload(sig, target_context)

    def fingerprint(self) -> bytes:
        """SHA-256 of the kernel's file, its global constants and, in turn, the kernels it calls."""
        if self._fingerprint is None:
            digest = hashlib.sha256(self._impl.locator.get_source_stamp())
            self._fingerprint = digest.digest()  # what a kernel that calls itself sees
            used = inspect.getclosurevars(self._py_func)
            for name, value in sorted({**used.globals, **used.nonlocals}.items()):
                digest.update(f"{name}=".encode() + _value_bytes(value))
            self._fingerprint = digest.digest()
        return self._fingerprint


def _value_bytes(value: object) -> bytes:
    if isinstance(value, Dispatcher):
        cache = getattr(value, "_cache", None)
        return cache.fingerprint() if isinstance(cache, KernelCache) else b""
    if isinstance(value, np.ndarray):
        return str(value.dtype).encode() + repr(value.shape).encode() + value.tobytes()
    if isinstance(value, int | float | str | bytes | tuple | np.generic):
        return repr(value).encode()
    return b""  # modules and types; the representation of other objects may hold an address
