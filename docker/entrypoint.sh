#!/bin/sh
# One image, four roles: master, worker MASTER, history, or the command itself.
set -eu
spark_class=$(python -c 'import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent / "bin" / "spark-class")')
role=${1:-}
case "$role" in
  master)
    exec "$spark_class" org.apache.spark.deploy.master.Master --host "${SPARK_HOST:-$(hostname)}" --port "${SPARK_PORT:-7077}" --webui-port "${SPARK_UI_PORT:-8080}"
    ;;
  worker)
    exec "$spark_class" org.apache.spark.deploy.worker.Worker "$2" --host "${SPARK_HOST:-$(hostname)}" --webui-port "${SPARK_UI_PORT:-8081}"
    ;;
  history)
    exec "$spark_class" org.apache.spark.deploy.history.HistoryServer
    ;;
  *)
    exec corpusmill "$@"
    ;;
esac
