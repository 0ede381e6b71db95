#!/usr/bin/env bash
# PySpark 4.1.4 (PyPI) on Python 3.11: every Python task reads the directories of Spark's archives again,
# although pyspark is installed as plain files and the worker has loaded all it needs.
#
# A worker is guessed to find its modules loaded and its import path as it was, and to begin at once. Seen:
# Spark puts its pyspark.zip, py4j's zip and a jar before the installed pyspark; daemon and workers import
# from them, one importer a folder of a package, and `importlib.invalidate_caches()` at the start of each task
# makes all of these read their archive's directory: more than ten reads for a task of one row, some 0.2
# seconds of processor time. A daemon (`spark.python.daemon.module`) that takes the archives off `sys.path`
# before pyspark is imported brings the reads to none. Wants python3.11 and a Java for Spark 4.1. Fails if
# that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyspark==4.1.4
cd "$folder"
cat > counting_daemon.py <<'PYTHON'
import os
import sys
import zipimport

zipimport.reads = 0
plain = zipimport._read_directory


def counting(archive):
    zipimport.reads += 1
    return plain(archive)


if __name__ == "__main__":
    if "WITHOUT_ARCHIVES" in os.environ:
        sys.path[:] = [place for place in sys.path if not place.endswith((".zip", ".jar"))]
        for place in [place for place in sys.path_importer_cache if place.endswith((".zip", ".jar"))]:
            del sys.path_importer_cache[place]
    import pyspark.worker
    from pyspark.daemon import manager

    zipimport._read_directory = counting  # what is read from here on is read by workers, task by task
    manager()
PYTHON
cat > main.py <<'PYTHON'
from pyspark.sql import SparkSession

builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
spark = builder.config("spark.python.daemon.module", "counting_daemon").getOrCreate()


def reads_so_far(rows):
    import zipimport

    yield zipimport.reads


print(spark.sparkContext.parallelize([0], 1).mapPartitions(reads_so_far).collect()[0])
PYTHON
export PYTHONPATH=$folder PYSPARK_PYTHON=$folder/venv/bin/python SPARK_LOCAL_IP=127.0.0.1
plain=$(venv/bin/python main.py 2>"$folder/log")
without=$(WITHOUT_ARCHIVES=1 venv/bin/python main.py 2>>"$folder/log")
echo "directories of archives read for one task: $plain; without archives on the path: $without"
test "$plain" -ge 10
test "$without" = 0
echo "as described"
