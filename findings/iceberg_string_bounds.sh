#!/usr/bin/env bash
# Apache Iceberg 1.12.0 (iceberg-spark-runtime-4.1_2.13, Maven Central) on PySpark 4.1.4 (PyPI): rows can be replaced by
# `overwrite(run = 'ID')` where ID has 16 characters, and not where it has 17.
#
# A good guess says: files that hold rows of one run only are replaced whole, whatever the run is called. Seen:
# Iceberg proves that from the smallest and the largest value of each file, of which it keeps the first 16
# characters (`write.metadata.metrics.default`, truncate(16)); of a longer value nothing can be proven, and the commit
# fails with "Cannot delete file where some, but not all, rows match filter", although all rows do.
# Wants mvn and a Java for Spark 4.1. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyspark==4.1.4
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -DoutputDirectory="$folder/jars" \
  -Dartifact=org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0 >/dev/null
cd "$folder"
cat > main.py <<'PYTHON'
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

catalog = "spark.sql.catalog.lake"
spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.jars", "jars/iceberg-spark-runtime-4.1_2.13-1.12.0.jar")
    .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
    .config(catalog, "org.apache.iceberg.spark.SparkCatalog")
    .config(f"{catalog}.type", "hadoop")
    .config(f"{catalog}.warehouse", "warehouse")
    .getOrCreate()
)


def replaced(run):
    table = f"lake.db.of_{len(run)}"
    rows = spark.range(3).withColumn("run", F.lit(run))
    rows.writeTo(table).using("iceberg").create()
    try:
        rows.limit(1).writeTo(table).overwrite(F.col("run") == run)
    except Exception as error:
        return next(line for line in str(error).splitlines() if "Cannot delete file" in line)[:300]
    return f"{spark.table(table).count()} row"


for length in (16, 17):
    print(length, replaced("x" * length), sep="\t")
PYTHON
export SPARK_LOCAL_IP=127.0.0.1
venv/bin/python main.py 2>log | tee seen || { tail -20 log; exit 1; }
grep -q $'^16\t1 row' seen
grep -q $'^17\t.*Cannot delete file where some, but not all, rows match filter' seen
echo "as described"
