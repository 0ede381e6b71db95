"""pyspark.daemon for local mode: forks workers whose import path holds no archives of Spark's.

Spark puts its own pyspark.zip, py4j's and a jar before the installed pyspark. Up to Python 3.11 a
worker reads the directories of all archives it imported from again at each task
(`importlib.invalidate_caches`): 0.2 seconds of processor time (Spark 4.1), more than a small task takes.
"""

from __future__ import annotations

import gc
import importlib
import re
import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder

_ARCHIVES = re.compile(r"(?:^|/)(?:pyspark\.zip|py4j-[^/]*\.zip|[^/]*\.jar)$")


def main(preloaded: Sequence[str] = ()) -> None:
    """Serve Spark's requests for workers until it closes the pipe.

    Args:
        preloaded: Modules that every worker finds loaded.
    """
    places = [place for place in sys.path if not _ARCHIVES.search(place)]
    # Where Spark was unpacked instead of installed by pip, its archives are all there is.
    if all(PathFinder.find_spec(name, places) for name in ("pyspark", "py4j")):
        sys.path[:] = places
        for place in filter(_ARCHIVES.search, list(sys.path_importer_cache)):
            del sys.path_importer_cache[place]
    for name in preloaded:
        importlib.import_module(name)
    manager = importlib.import_module("pyspark.daemon").manager
    gc.freeze()  # a worker collects garbage after each task, and these modules never become any
    manager()


if __name__ == "__main__":
    main()
