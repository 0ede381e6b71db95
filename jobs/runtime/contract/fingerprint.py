"""What a stage's result depends on, as digests: its configuration, its inputs, its code."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import re
from collections.abc import Iterable

OUR_PACKAGES = ("jobs", "udfs")
# How a run is driven cannot change what it computes; a recipe counts by its values, which are part
# of the configuration's fingerprint.
WITHOUT_EFFECT = ("jobs.runtime", "jobs.command", "jobs.run_pipeline", "jobs.recipes.recipe")
LIBRARIES_WITH_EFFECT = (
    "datasketch", "fastwarc", "kenlm", "lxml", "py3langid", "pycld2", "pypdfium2", "resiliparse",
    "rjieba", "stopwordsiso", "trafilatura",
)  # fmt: skip
# Of our formatted sources; parsing 200 files takes half a second of a run that may have nothing to do.
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|.*)|import[ \t]+(.*))", re.MULTILINE
)


def digest(value: object) -> str:
    """Return a 32-digit hexadecimal SHA-256 prefix of a JSON-serialisable value."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


@functools.cache
def code_fingerprint(module: str) -> str:
    """Return the digest of a module's source and of all of ours that it imports, and of libraries.

    A changed function anywhere below a stage makes that stage run again; a changed progress bar
    does not.
    """
    sources = {name: _source(name) for name in sorted(_closure(module))}
    return digest({"sources": sources, "libraries": library_versions(LIBRARIES_WITH_EFFECT)})


@functools.cache
def library_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each distribution; absent ones are named ``absent``."""
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "absent"
    return versions


def _closure(module: str) -> set[str]:
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or name.startswith(WITHOUT_EFFECT):
            continue
        found.add(name)
        waiting.extend(_our_imports(name))
    return found


@functools.cache
def _our_imports(module: str) -> frozenset[str]:
    names: set[str] = set()
    for package, imported, plain in _IMPORT.findall(_source(module)):
        names.update(re.findall(r"[\w.]+", plain))
        if package:
            names.add(package)
            names.update(f"{package}.{name}" for name in re.findall(r"\w+", imported))
    ours = {name for name in names if name.split(".")[0] in OUR_PACKAGES}
    return frozenset(name for name in ours if _spec_exists(name))


def _spec_exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the parent is a module, so the name is a function of it
        return False


@functools.cache
def _source(module: str) -> str:
    spec = importlib.util.find_spec(module)
    # A loader knows its source also inside a zip given to --py-files, where open() would fail.
    get_source = getattr(spec.loader, "get_source", None) if spec else None
    return (get_source(module) or "") if get_source else ""
