"""pyspark.daemon for the tests' session: forks workers that have loaded what all need, and no archives.

Spark puts its own pyspark.zip and a jar before the installed pyspark. Up to Python 3.11 a worker reads
the directories of all archives it imported from again at each task (`importlib.invalidate_caches`), a
sixth of a processor second: more than most tasks of the tests take, and tests have thousands.
"""

import gc
import importlib
import sys

ARCHIVES = (".zip", ".jar")


def main() -> None:
    sys.path[:] = [place for place in sys.path if not place.endswith(ARCHIVES)]
    for place in [place for place in sys.path_importer_cache if place.endswith(ARCHIVES)]:
        del sys.path_importer_cache[place]
    importlib.import_module("jobs.run_pipeline")
    manager = importlib.import_module("pyspark.daemon").manager
    gc.freeze()  # a worker collects garbage after each task, and these modules never become any
    manager()


if __name__ == "__main__":
    main()
