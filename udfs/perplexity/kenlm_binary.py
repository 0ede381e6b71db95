"""ARPA -> kenlm's binary format, the only one that workers of a machine share in memory.

``build_binary`` is used where it is on PATH. Otherwise the installed kenlm library is made to write
the file: its loader does so when ``Config.write_mmap`` names a path, a field that the Python class
does not show. It is set by its place in memory, in a child process, after checking that the memory
looks as kenlm 0.3.0 lays it out; the result counts only if it scores like the ARPA file.
"""

from __future__ import annotations

import ctypes
import functools
import gzip
import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import kenlm

_SUPPORTED_VERSION: Final = "0.3.0"
_OBJECT_HEADER: Final = 16  # CPython: reference count and type
_WRITE_MMAP_OFFSET: Final = 96  # lm::ngram::Config of that version, x86-64 and AArch64
_SMALLEST_ARPA: Final = (
    b"\\data\\\nngram 1=3\nngram 2=1\n\n\\1-grams:\n-1\t<unk>\n0\t<s>\t0\n-1\t</s>\n\n"
    b"\\2-grams:\n-1\t<s> </s>\n\n\\end\\\n"
)
_TIME_LIMIT: Final = 3600  # seconds; a model of 10 GB takes minutes


def load(path: Path) -> Any:
    """Open a model: memory-mapped and read on demand if binary, quiet in any case.

    Raises:
        ValueError: kenlm cannot read the file.
    """
    config = kenlm.Config()
    config.load_method = kenlm.LoadMethod.LAZY
    config.show_progress = False
    config.arpa_complain = kenlm.ARPALoadComplain.NONE
    try:
        return kenlm.Model(str(path), config)
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"kenlm cannot read the language model {path.name}: {error}; train the models again or "
            "restore the file"
        ) from error


@functools.cache
def reads_gzip() -> bool:
    """Whether the installed kenlm was compiled with zlib, whose headers many machines lack."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.arpa.gz"
        path.write_bytes(gzip.compress(_SMALLEST_ARPA))
        try:
            load(path)
        except ValueError:
            return False
    return True


def write_binary(arpa: Path, binary: Path, samples: list[bytes]) -> bool:
    """Convert a model, if this machine can.

    Args:
        arpa: The model as ARPA, gzip or not.
        binary: The file to write; left absent when the conversion is not possible.
        samples: Lines of tokens; both files must give each the same score.

    Returns:
        Whether ``binary`` exists and scores every sample like ``arpa``.
    """
    for command in _commands(arpa, binary):
        binary.unlink(missing_ok=True)
        try:
            done = subprocess.run(command, capture_output=True, timeout=_TIME_LIMIT, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0 and binary.exists() and _same_scores(arpa, binary, samples):
            return True
    binary.unlink(missing_ok=True)
    return False


def _commands(arpa: Path, binary: Path) -> list[list[str]]:
    commands = []
    tool = shutil.which("build_binary")
    if tool is not None:
        commands.append([tool, "probing", str(arpa), str(binary)])
    if importlib.metadata.version("kenlm") == _SUPPORTED_VERSION and sys.maxsize > 2**32:
        root = str(Path(__file__).resolve().parents[2])
        program = f"import sys; sys.path.insert(0, {root!r}); " + (
            "from udfs.perplexity.kenlm_binary import convert; convert(*sys.argv[1:])"
        )
        commands.append([sys.executable, "-c", program, str(arpa), str(binary)])
    return commands


def _same_scores(arpa: Path, binary: Path, samples: list[bytes]) -> bool:
    try:
        first, second = load(arpa), load(binary)
    except ValueError:
        return False
    return first.order == second.order and all(
        first.score(sample) == second.score(sample) for sample in samples
    )


def convert(arpa: str, binary: str) -> None:
    """Write ``binary`` by loading ``arpa`` with ``write_mmap`` set; for a child process only.

    A wrong guess about the memory layout ends the process that makes it, not the caller.

    Raises:
        RuntimeError: The memory of ``kenlm.Config`` does not look as expected.
    """
    config = kenlm.Config()
    config.show_progress = False
    config.arpa_complain = kenlm.ARPALoadComplain.NONE
    address = id(config) + _OBJECT_HEADER + _WRITE_MMAP_OFFSET
    if sys.getsizeof(config) < _OBJECT_HEADER + _WRITE_MMAP_OFFSET + 8:
        raise RuntimeError("kenlm.Config is smaller than the layout that is known")
    field = ctypes.c_void_p.from_address(address)
    if field.value is not None:
        raise RuntimeError("kenlm.Config.write_mmap is not empty: the layout is not the known one")
    name = ctypes.create_string_buffer(binary.encode())
    field.value = ctypes.addressof(name)
    kenlm.Model(arpa, config)
    field.value = None
