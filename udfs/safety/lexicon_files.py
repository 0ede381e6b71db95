"""The keyword lists that come with corpusmill, found wherever its code was put."""

from __future__ import annotations

import os
import sys
from importlib.abc import ResourceLoader
from pathlib import Path
from typing import Final, cast

import udfs
from udfs.safety.keyword_lists import KeywordList, parse_keyword_list

LEXICON_NAMES: Final = ("unsafe-en.yaml", "unsafe-zh.yaml")
CONFIGURATION_VARIABLE: Final = "CORPUSMILL_CONF"


def default_lexicons() -> list[KeywordList]:
    """Load the shipped lists.

    They lie in ``lexicons/`` below $CORPUSMILL_CONF, else in ``conf/`` beside the package (also
    inside a zip that was given to ``--py-files``), else in the installed ``share/corpusmill/conf``.

    Returns:
        One list a name of ``LEXICON_NAMES``.

    Raises:
        ValueError: If a list is found nowhere or is faulty.
    """
    return [parse_keyword_list(read_lexicon(name), name) for name in LEXICON_NAMES]


def read_lexicon(name: str) -> bytes:
    """The bytes of a shipped list; see :func:`default_lexicons`.

    Raises:
        ValueError: If it is found nowhere.
    """
    named = os.environ.get(CONFIGURATION_VARIABLE)
    folders = [Path(named)] if named else []
    folders += [
        Path(udfs.__file__).parents[1] / "conf",
        Path(sys.prefix) / "share" / "corpusmill" / "conf",
    ]
    # The package's loader reads plain files and members of the zip it was imported from alike.
    loader = cast("ResourceLoader", udfs.__spec__.loader)
    for folder in folders:
        try:
            return loader.get_data(str(folder / "lexicons" / name))
        except OSError:
            continue
    raise ValueError(
        f"keyword list {name} was not found below {', '.join(map(str, folders))}: reinstall"
        f" corpusmill, or set {CONFIGURATION_VARIABLE} to a copy of conf/"
    )
