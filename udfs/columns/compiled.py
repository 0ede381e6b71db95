"""The one place where a Python function becomes a numba kernel."""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.runtime import rtsys
from numba.core.types.misc import unliteral

_NAMES = re.compile(r"[A-Za-z_]\w*")
Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile ``function`` to machine code on its first call and keep the result on disk.

    The cache outlives the process: Spark forks a Python worker a core, and without it each of them
    would pay seconds of compilation. ``nogil`` lets a driver-side caller use threads.

    Machine code that calls a function of ``numba.np.arraymath`` (``sum``, ``cumsum``, ``argmax`` of
    an array) imports that module and scipy's linear algebra when it is loaded, as long as all else
    that a process does before its first document: kernels of the pipeline add up by a loop.

    Args:
        function: A function of numpy arrays and scalars; no Python objects inside.

    Returns:
        The compiled function under the same signature.
    """
    dispatcher = numba.njit(cache=True, nogil=True)(function)
    if hasattr(dispatcher, "_cache"):  # not where NUMBA_DISABLE_JIT asks for plain Python
        dispatcher._cache = KernelCache(function)
        dispatcher.get_call_template = functools.partial(_call_template, dispatcher)
    return cast("Function", dispatcher)


def _call_template(
    dispatcher: Dispatcher, arguments: Sequence[Any], named: Mapping[str, Any]
) -> Any:
    """What another kernel calls: one version for all values of a type.

    numba infers a loop's types twice, first with ``0`` where a counter begins, and would compile the
    callee, and what that calls, for this literal and once more for int64. LLVM folds constants when
    it inlines, so nothing is gained by it.
    """
    plain = tuple(map(unliteral, arguments))
    plain_named = {name: unliteral(type_) for name, type_ in named.items()}
    return type(dispatcher).get_call_template(dispatcher, plain, plain_named)


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

        numba's own method would first import what compiling needs, most of numba and with it
        scipy's linear algebra: a third of a processor second in every process, for code that is
        ready. The compiler does so by itself where it is asked.
        """
        if hasattr(self._cache_file, "_source_stamp"):
            self._cache_file._source_stamp = self.fingerprint()
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)

    def fingerprint(self) -> bytes:
        """SHA-256 of the kernel's file, its global constants and, in turn, the kernels it calls."""
        if self._fingerprint is None:
            digest = hashlib.sha256(self._impl.locator.get_source_stamp())
            self._fingerprint = digest.digest()  # what a kernel that calls itself sees
            for name, value in sorted(_used(self._py_func).items()):
                digest.update(f"{name}=".encode() + _value_bytes(value))
            self._fingerprint = digest.digest()
        return self._fingerprint


def _used(function: Callable[..., Any]) -> dict[str, object]:
    """What a function's machine code is made of beside its own source, by name."""
    closure = inspect.getclosurevars(function)
    used: dict[str, object] = {**closure.globals, **closure.nonlocals}
    for name, module in [pair for pair in used.items() if isinstance(pair[1], ModuleType)]:
        read = {inner for inner in function.__code__.co_names if hasattr(module, inner)}
        used |= {f"{name}.{inner}": getattr(module, inner) for inner in read}
    # The classes of arguments: a field is compiled as its place, and may have moved in another file.
    words = {
        word for text in function.__annotations__.values() for word in _NAMES.findall(str(text))
    }
    return used | {
        word: function.__globals__[word] for word in words if word in function.__globals__
    }


def _value_bytes(value: object) -> bytes:
    if isinstance(value, Dispatcher):
        cache = getattr(value, "_cache", None)
        return cache.fingerprint() if isinstance(cache, KernelCache) else b""
    if isinstance(value, np.ndarray):
        return str(value.dtype).encode() + repr(value.shape).encode() + value.tobytes()
    if isinstance(value, tuple):  # repr() would leave out the middle of a long array inside
        return b"(" + b",".join(map(_value_bytes, value)) + b")"
    if isinstance(value, type):
        return repr(getattr(value, "_fields", "")).encode()
    if isinstance(value, int | float | str | bytes | np.generic):
        return repr(value).encode()
    return b""  # modules; the representation of other objects may hold an address
