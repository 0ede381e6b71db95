"""An EPUB's archive: bounded reading of a hostile ZIP, container, package, spine, protection.

Nothing is unpacked to disk, and no size that the archive states is trusted.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from udfs.extraction.contract import MEBIBYTE, DocumentRefusedError, ExtractionOptions
from udfs.extraction.epub.parsing import local_name, parse_xml

CONTAINER = "META-INF/container.xml"
_FONT_OBFUSCATION = frozenset(
    {"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"}
)
_PROTECTION_FILES = {
    "META-INF/rights.xml": "Adobe ADEPT",
    "META-INF/sinf.xml": "Apple FairPlay",
    "META-INF/license.lcpl": "Readium LCP",
}
_CHAPTER_TYPES = frozenset({"application/xhtml+xml", "text/html", "application/xml", "text/xml"})


@dataclass(frozen=True)
class Package:
    """The parts of the OPF package that text extraction needs.

    Attributes:
        chapters: (archive path, is linear) of XHTML documents in reading order, without the
            navigation document.
        metadata: First values by Dublin Core name; ``creator`` joins all creators.
        refused_paths: Spine items that point outside the archive or to no member.
    """

    chapters: list[tuple[str, bool]]
    metadata: dict[str, str]
    refused_paths: list[str] = field(default_factory=list)


class EpubArchive:
    """Reads members of an EPUB within the limits of ``ExtractionOptions``."""

    def __init__(self, content: bytes, options: ExtractionOptions) -> None:
        """Open the archive and check its directory.

        Args:
            content: The EPUB file.
            options: The ``epub_`` limits.

        Raises:
            DocumentRefusedError: ``malformed``, ``too_big``, ``too_complex`` or ``encrypted``.
        """
        self._options = options
        self._unpacked = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise DocumentRefusedError("malformed", f"no readable ZIP archive: {error}") from error
        self._members = self._checked_directory()

    def __contains__(self, path: str) -> bool:
        return path in self._members

    def _checked_directory(self) -> dict[str, zipfile.ZipInfo]:
        options, infos = self._options, self._zip.infolist()
        if len(infos) > options.epub_max_members:
            raise DocumentRefusedError(
                "too_complex",
                f"{len(infos):,} members; at most {options.epub_max_members:,} are read",
            )
        declared = sum(info.file_size for info in infos)
        if declared > options.epub_max_unpacked_bytes:
            raise DocumentRefusedError(
                "too_big",
                f"{declared:,} bytes unpacked; at most {options.epub_max_unpacked_bytes:,}",
            )
        for info in infos:
            ratio = info.file_size / max(1, info.compress_size)
            if info.file_size > MEBIBYTE and ratio > options.epub_max_ratio:
                raise DocumentRefusedError(
                    "too_big", f"{info.filename[:80]} was packed {ratio:,.0f}-fold (bomb)"
                )
        self._refuse_overlaps(infos)
        members = {info.filename: info for info in infos}
        if len(members) != len(infos):
            raise DocumentRefusedError("malformed", "two members of the archive share one name")
        return members

    @staticmethod
    def _refuse_overlaps(infos: list[zipfile.ZipInfo]) -> None:
        """Members that share bytes unpack to more than the archive could hold (zip quine bombs)."""
        end = 0
        for info in sorted(infos, key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise DocumentRefusedError("malformed", "members of the archive overlap (bomb)")
            end = info.header_offset + info.compress_size

    def read(self, path: str) -> bytes:
        """Unpack one member.

        Args:
            path: Its name in the archive.

        Returns:
            Its bytes, at most ``epub_max_member_bytes``.

        Raises:
            DocumentRefusedError: ``too_big``, ``encrypted``, or ``malformed`` when it is missing or
                broken.
        """
        options, info = self._options, self._members.get(path)
        if info is None:
            raise DocumentRefusedError("malformed", f"the archive has no member {path[:120]!r}")
        if info.flag_bits & 1:
            raise DocumentRefusedError("encrypted", f"{path[:120]!r} needs a ZIP password")
        limit = options.epub_max_member_bytes
        try:
            with self._zip.open(info) as stream:
                content = stream.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise DocumentRefusedError("malformed", f"{path[:120]!r}: {error}") from error
        self._unpacked += len(content)
        if len(content) > limit or self._unpacked > options.epub_max_unpacked_bytes:
            raise DocumentRefusedError("too_big", f"{path[:120]!r} unpacks to over {limit:,} bytes")
        return content

    def package(self) -> Package:
        """Follow container.xml to the package and list the spine.

        Raises:
            DocumentRefusedError: ``malformed`` without a package or spine, ``encrypted`` under
                digital rights management.
        """
        package_path = self._package_path()
        root = parse_xml(self.read(package_path))
        if root is None:
            raise DocumentRefusedError("malformed", f"{package_path[:120]!r} is no XML")
        package = _read_package(root, posixpath.dirname(package_path), self._members)
        self._refuse_protected(package)
        return package

    def _package_path(self) -> str:
        root = parse_xml(self.read(CONTAINER))
        if root is not None:
            for element in root.iter():
                path = _resolve("", element.get("full-path")) if local_name(element) else None
                if path and path in self._members:
                    return path
        found = sorted(name for name in self._members if name.lower().endswith(".opf"))
        if not found:
            raise DocumentRefusedError("malformed", f"{CONTAINER} names no package")
        return found[0]

    def _refuse_protected(self, package: Package) -> None:
        for path, system in _PROTECTION_FILES.items():
            if path in self._members:
                raise DocumentRefusedError("encrypted", f"protected by {system}")
        if "META-INF/encryption.xml" not in self._members:
            return
        root = parse_xml(self.read("META-INF/encryption.xml"))
        chapters = {path for path, _ in package.chapters}
        for data in [] if root is None else root.iter("{*}EncryptedData"):
            algorithms = [method.get("Algorithm") for method in data.iter("{*}EncryptionMethod")]
            targets = {_resolve("", r.get("URI")) for r in data.iter("{*}CipherReference")}
            if not _FONT_OBFUSCATION.issuperset(algorithms[:1]) and targets & chapters:
                raise DocumentRefusedError("encrypted", f"chapters encrypted: {algorithms[:1]}")


def _resolve(folder: str, reference: str | None) -> str | None:
    """Turn a manifest reference into a member name; None for one that leaves the archive."""
    if not reference or "://" in reference:
        return None
    path = posixpath.normpath(posixpath.join(folder, unquote(reference.partition("#")[0])))
    return None if path.startswith(("/", "../")) or path in {"..", "."} else path


def _read_package(root: Any, folder: str, members: dict[str, zipfile.ZipInfo]) -> Package:
    manifest: dict[str, Any] = {}
    for item in root.iter("{*}item"):
        manifest.setdefault(item.get("id") or "", item)
    chapters: list[tuple[str, bool]] = []
    refused: list[str] = []
    seen: set[str] = set()
    for reference in root.iter("{*}itemref"):
        item = manifest.get(reference.get("idref") or "")
        if item is None or "nav" in (item.get("properties") or "").split():
            continue
        if (item.get("media-type") or "").lower() not in _CHAPTER_TYPES:
            continue
        path = _resolve(folder, item.get("href"))
        if path is None or path not in members:
            refused.append(str(item.get("href"))[:120])
        elif path not in seen:  # a spine that repeats a file a million times is a bomb, too
            seen.add(path)
            chapters.append((path, reference.get("linear") != "no"))
    if not chapters:
        raise DocumentRefusedError(
            "malformed", f"the spine names no readable chapter {refused[:3]}"
        )
    return Package(chapters, _dublin_core(root), refused)


def _dublin_core(root: Any) -> dict[str, str]:
    values: dict[str, str] = {}
    for element in root.iter("{http://purl.org/dc/elements/1.1/}*"):
        name, text = local_name(element), " ".join("".join(element.itertext()).split())
        if not text or element.get("{http://www.idpf.org/2007/opf}event") == "modification":
            continue
        if name == "creator" and name in values:
            values[name] += f", {text}"
        else:
            values.setdefault(name, text)
    return values
