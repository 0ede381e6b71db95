"""Which member of an archive a reference means: letter by letter, else as producers have misspelt it.

Manifests and archives are written by different code: one encodes blanks and the other does not, one
writes backslashes, another composes accents, a file system has forgotten the case.
"""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote


class MemberNames:
    """The names of an archive's members, found by reference."""

    def __init__(self, names: Iterable[str]) -> None:
        """Learn the names.

        Args:
            names: As the archive spells them. Of names that differ in form only, the first is found by
                other spellings.
        """
        self._names = frozenset(names)
        self._by_form: dict[str, str] = {}
        for name in sorted(self._names):
            for spelling in (name, _read_as_utf8(name)):
                self._by_form.setdefault(_form(spelling), name)

    def find(self, folder: str, reference: str | None) -> str | None:
        """Find the member that a reference means.

        Args:
            folder: Where the reference stands; empty for the archive's root.
            reference: A relative address, perhaps with fragment and query.

        Returns:
            The member's name; None for a reference that leaves the archive or means no member.
        """
        if not reference or "://" in reference:
            return None
        path = reference.partition("#")[0]
        readings = [unquote(path), path]
        if "?" in path:
            readings.append(unquote(path.partition("?")[0]))
        bare = [reading.replace("\\", "/").lstrip("/") for reading in readings]
        joined = [_joined(folder, reading) for reading in [*readings, *bare]]
        joined += [_joined("", reading) for reading in bare]
        wanted = [name for name in joined if name is not None]
        exact = next((name for name in wanted if name in self._names), None)
        if exact is not None:
            return exact
        forms = map(_form, wanted)
        return next((self._by_form[form] for form in forms if form in self._by_form), None)


def _joined(folder: str, path: str) -> str | None:
    """A path from the archive's root; None for one that leaves it."""
    joined = posixpath.normpath(posixpath.join(folder, path))
    return None if joined.startswith(("/", "../")) or joined in {"..", "."} else joined


def _form(name: str) -> str:
    """What is left of a name when case, composition, encoding and kinds of slashes do not count."""
    path = unquote(name).replace("\\", "/").lstrip("/")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _read_as_utf8(name: str) -> str:
    """A name whose archive does not say that it is UTF-8, and which was read as code page 437."""
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name
