"""Code of the user's that stages run: found by its name, digested for fingerprints, packed for executors."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import pkgutil
import re
import sys
import zipfile
from collections.abc import Iterable
from importlib.metadata import entry_points, packages_distributions, version
from pathlib import Path

from jobs.runtime.errors import SettingsError
from jobs.runtime.pandas_on_demand import admit_pandas

OURS = ("jobs", "udfs", "corpusmill")
_PLACE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*")
_INSTALLED = {"site-packages", "dist-packages"}


def spelled_out(given: str, group: str) -> str:
    """Return ``MODULE:FUNCTION`` of what a user named.

    Args:
        given: ``MODULE:FUNCTION``, or the name that an installed package gives it in ``group``.
        group: Of entry points: ``corpusmill.annotators``, ``corpusmill.readers``.

    Raises:
        ValueError: It is neither.
    """
    if _PLACE.fullmatch(given):
        return given
    installed = {point.name: point.value for point in entry_points(group=group)}
    if given in installed:
        return installed[given]
    there = f"installed are {', '.join(sorted(installed))}" if installed else "none is installed"
    raise ValueError(
        f"{given!r} is neither MODULE:FUNCTION nor an entry point of {group} ({there})"
    )


def import_place(place: str) -> object:
    """Import what ``MODULE:FUNCTION`` names; modules of the working directory are found, too.

    Raises:
        SettingsError: It is not there, or its module cannot be imported.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # behind all others: a script of the user's hides no package
    try:
        found = pkgutil.resolve_name(place)
        admit_pandas()
    except Exception as error:  # whatever the module does when it is imported
        raise SettingsError(
            f"{place} cannot be imported: {type(error).__name__}: {error}. Its module is looked for among "
            "installed packages, on PYTHONPATH and in the working directory"
        ) from error
    return found


def code_digest(places: Iterable[str]) -> str:
    """Return a digest of the modules, of what they import beside them, and of versions of libraries.

    Args:
        places: ``MODULE:FUNCTION``, importable.

    Raises:
        SettingsError: A module has no source.
    """
    modules = _modules(places)
    told = [f"{name}\0{path.read_bytes().hex()}" for name, path in sorted(modules.items())]
    imported = {_top(name) for module, path in modules.items() for name in _imports(module, path)}
    distributions = packages_distributions()
    libraries = {one for name in imported - set(OURS) for one in distributions.get(name, ())}
    told += [f"{name} {version(name)}" for name in sorted(libraries)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def pack(places: Iterable[str], folder: Path) -> Path | None:
    """Write the modules that are not installed into a zip that Python can import from.

    Args:
        places: ``MODULE:FUNCTION``, importable.
        folder: Where the zip goes; its name tells its content.

    Returns:
        The zip; None where all are installed, as they then have to be on every machine.
    """
    modules = {name: path for name, path in _modules(places).items() if not _is_installed(path)}
    if not modules:
        return None
    files = {
        f"{name.replace('.', '/')}{'/__init__' if _is_package(path) else ''}.py": path
        for name, path in modules.items()
    }
    target = folder / f"user-code-{code_digest(places)}.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in sorted(files.items()):
            archive.write(path, name)
        # Python imports nothing through a folder of a zip that is no package.
        packages = {str(parent) for name in files for parent in Path(name).parents} - {"."}
        for missing in sorted(f"{package}/__init__.py" for package in packages):
            if missing not in files:
                archive.writestr(missing, "")
    return target


def _modules(places: Iterable[str]) -> dict[str, Path]:
    """The modules named, and those of the same package or folder that they import, with their files."""
    found: dict[str, Path] = {}
    for place in places:
        start = place.partition(":")[0]
        first = _file(start)
        if first is None:
            raise SettingsError(
                f"module {start} has no source that is a file, which fingerprints and executors need: give "
                "it as .py, or install it"
            )
        home = first.parents[start.count(".") + _is_package(first)]
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if name in found or not _belongs(_top(name), _top(start), home):
                continue
            path = _file(name)
            if path is not None:
                found[name] = path
                parts = name.split(".")
                waiting += [".".join(parts[:count]) for count in range(1, len(parts))]
                waiting += _imports(name, path)
    return found


def _belongs(top: str, start: str, home: Path) -> bool:
    """Say whether a package or module at the top is the first one, or lies beside it in a folder."""
    if top == start:
        return True
    if top in OURS or _is_installed(home):
        return False
    spec = importlib.util.find_spec(top)
    places = [*(spec.submodule_search_locations or ()), spec.origin or ""] if spec else []
    return any(Path(place).resolve().parent == home for place in places if place)


def _file(name: str) -> Path | None:
    """The source of a module; None for what is no module, or has none that is a file (but in a zip)."""
    try:
        spec = importlib.util.find_spec(name)
    except Exception:  # what a module defines was taken for one, and the module does not import
        return None
    path = Path(spec.origin or "") if spec is not None else Path()
    return path.resolve() if path.suffix == ".py" and path.is_file() else None


def _is_package(path: Path) -> bool:
    return path.name == "__init__.py"


def _is_installed(path: Path) -> bool:
    return not _INSTALLED.isdisjoint(path.parts)


def _top(name: str) -> str:
    return name.partition(".")[0]


def _imports(module: str, path: Path) -> set[str]:
    """Modules that a file imports, in full, and what may be one: ``from package import name``."""
    package = module if _is_package(path) else module.rpartition(".")[0]
    names: set[str] = set()
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # never imported, or only where another Python runs
        return names
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                source = importlib.util.resolve_name("." * node.level + source, package)
            names.add(source)
            names.update(f"{source}.{alias.name}" for alias in node.names)
    return names
