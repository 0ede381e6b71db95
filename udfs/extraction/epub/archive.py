"""An EPUB's archive: bounded reading of a hostile ZIP, container, package, spine, protection.

Nothing is unpacked to disk, and no size that the archive states is trusted.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

from udfs.extraction.contract import MEBIBYTE, DocumentRefusedError, ExtractionOptions
from udfs.extraction.epub.member_names import MemberNames
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
_CHAPTER_ENDINGS = (".xhtml", ".html", ".htm", ".xml")
_TEXTLESS_TYPES = ("image/", "audio/", "video/")
_MOST_PACKAGES = 20
"""Packages that are tried in turn; a book has one, or one for each of its renditions."""


@dataclass(frozen=True)
class Package:
    """The parts of the OPF package that text extraction needs.

    Attributes:
        chapters: (archive path, is linear) of XHTML documents in reading order, without the
            navigation document.
        metadata: First values by Dublin Core name; ``creator`` joins all creators.
        refused_paths: Spine items that point outside the archive, to no member or to no document of
            text, as the package names them.
        found_by_name: Where the package was found by the name of a member, because the container is
            missing or damaged or names none that can be read; empty where the container names it.
    """

    chapters: list[tuple[str, bool]]
    metadata: dict[str, str]
    refused_paths: list[str] = field(default_factory=list)
    found_by_name: str = ""


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
        self._names = MemberNames(self._members)

    @property
    def names_stored_twice(self) -> int:
        """Members that a later one of the same name replaces, as it does for all readers of ZIP."""
        return len(self._zip.infolist()) - len(self._members)

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
        return {info.filename: info for info in infos}

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

        A container that is missing or damaged must not cost the book: packages are then found by the
        ending of their names, the one nearest to the root first.

        Raises:
            DocumentRefusedError: ``malformed`` without a package or spine, ``encrypted`` under
                digital rights management.
        """
        named = self._paths_of_container()
        by_name = sorted(
            (name for name in self._members if name.lower().endswith(".opf") and name not in named),
            key=lambda name: (name.count("/"), name),
        )
        first_refusal: DocumentRefusedError | None = None
        for path in [*named, *by_name][:_MOST_PACKAGES]:
            try:
                package = self._read_package(path)
            except DocumentRefusedError as refusal:
                if refusal.status != "malformed":
                    raise
                first_refusal = first_refusal or refusal
                continue
            package = package if path in named else replace(package, found_by_name=path)
            self._refuse_protected(package)
            return package
        raise first_refusal or DocumentRefusedError(
            "malformed", f"{CONTAINER} names no package, and no member's name ends in .opf"
        )

    def _paths_of_container(self) -> list[str]:
        """Members that the container names as packages; none where it cannot be read."""
        try:
            root = parse_xml(self.read(self._names.find("", CONTAINER) or CONTAINER))
        except DocumentRefusedError as refusal:
            if refusal.status != "malformed":
                raise
            return []
        elements = [] if root is None else [e for e in root.iter() if local_name(e)]
        paths = [self._names.find("", element.get("full-path")) for element in elements]
        return list(dict.fromkeys(path for path in paths if path))

    def _read_package(self, path: str) -> Package:
        root = parse_xml(self.read(path))
        if root is None:
            raise DocumentRefusedError("malformed", f"{path[:120]!r} is no XML")
        return _read_package(root, posixpath.dirname(path), self._names)

    def _refuse_protected(self, package: Package) -> None:
        for path, system in _PROTECTION_FILES.items():
            if self._names.find("", path):
                raise DocumentRefusedError("encrypted", f"protected by {system}")
        encryption = self._names.find("", "META-INF/encryption.xml")
        if encryption is None:
            return
        root = parse_xml(self.read(encryption))
        chapters = {path for path, _ in package.chapters}
        for data in [] if root is None else root.iter("{*}EncryptedData"):
            algorithms = [method.get("Algorithm") for method in data.iter("{*}EncryptionMethod")]
            references = data.iter("{*}CipherReference")
            targets = {self._names.find("", reference.get("URI")) for reference in references}
            if not _FONT_OBFUSCATION.issuperset(algorithms[:1]) and targets & chapters:
                raise DocumentRefusedError("encrypted", f"chapters encrypted: {algorithms[:1]}")


def _read_package(root: Any, folder: str, names: MemberNames) -> Package:
    manifest: dict[str, Any] = {}
    for item in root.iter("{*}item"):
        manifest.setdefault(item.get("id") or "", item)
    chapters: list[tuple[str, bool]] = []
    refused: list[str] = []
    seen: set[str] = set()
    for reference in root.iter("{*}itemref"):
        item = manifest.get(reference.get("idref") or "")
        if item is None:
            refused.append(str(reference.get("idref"))[:120])
            continue
        href, kind = item.get("href") or "", (item.get("media-type") or "").lower()
        if "nav" in (item.get("properties") or "").split() or kind.startswith(_TEXTLESS_TYPES):
            continue
        is_chapter = kind in _CHAPTER_TYPES or href.lower().endswith(_CHAPTER_ENDINGS)
        path = names.find(folder, href) if is_chapter else None
        if path is None:
            refused.append(href[:120])
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
