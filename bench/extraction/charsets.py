"""Charsets over a folder of samples laid out as chardet's own tests, beside chardet where it is installed.

    python -m bench.extraction.charsets FOLDER

FOLDER holds a folder an encoding, with a language behind its name or not, such as ``windows-1251-russian``;
the repository of chardet has one, which is not copied here. An answer is right when it means the encoding
in the folder's name (WHATWG labels: GBK for GB2312, windows-1252 for ASCII), or when the text comes out the
same. JSON lines, one a system; `pip install chardet` into an environment of its own for the second.
"""

from __future__ import annotations

import argparse
import codecs
import functools
import importlib
import unicodedata
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from bench.measuring import measured, print_result
from udfs.extraction.charsets.decoding import decode
from udfs.extraction.charsets.labels import encoding_of_label

SAMPLE_TYPES = frozenset([".html", ".txt", ".xml", ".srt"])


def main() -> None:
    """Print one line for each system."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    samples = labelled_samples(parser.parse_args().folder)
    systems: dict[str, Callable[[bytes], tuple[str, str]]] = {"corpusmill": _read}
    try:
        chardet = importlib.import_module("chardet")
    except ImportError:
        pass  # then there is one line
    else:
        systems[f"chardet {version('chardet')}"] = lambda content: _detect(chardet, content)
    contents = [path.read_bytes() for path, _ in samples]
    for system, reader in systems.items():
        read_all = functools.partial(list[tuple[str, str]], map(reader, contents))
        answers, cost = measured(read_all)
        wrong = [
            f"{path.parent.name}/{path.name}"
            for (path, label), content, answer in zip(samples, contents, answers, strict=True)
            if not is_right(content, label, *answer)
        ]
        size = sum(map(len, contents))
        right = len(samples) - len(wrong)
        name = "extraction: charsets of labelled samples"
        print_result(name, system, len(samples), size, right=right, wrong=wrong, **cost.fields())


def labelled_samples(folder: Path) -> list[tuple[Path, str]]:
    """Return each sample with the label that its folder's name begins with."""
    found = []
    for path in sorted(folder.glob("*/*")):
        name = path.parent.name
        label = name if encoding_of_label(name) else name.rpartition("-")[0]
        if path.suffix.lower() in SAMPLE_TYPES and encoding_of_label(label):
            found.append((path, label))
    return found


def is_right(content: bytes, label: str, charset: str, text: str) -> bool:
    """Tell whether an answer means the encoding of a label, or gives the same text."""
    if encoding_of_label(charset) == encoding_of_label(label):
        return True
    wanted = codecs.decode(content, label, "replace").removeprefix("\ufeff")
    return unicodedata.normalize("NFKC", wanted) == unicodedata.normalize("NFKC", text)


def _read(content: bytes) -> tuple[str, str]:
    decoded = decode(content)
    return decoded.charset, decoded.text


def _detect(chardet: object, content: bytes) -> tuple[str, str]:
    charset = chardet.detect(content)["encoding"] or ""  # type: ignore[attr-defined]
    try:
        return charset, content.decode(charset or "ascii", "replace").removeprefix("\ufeff")
    except LookupError:
        return charset, ""


if __name__ == "__main__":
    main()
