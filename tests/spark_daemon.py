"""The daemon of the tests' session: its workers have loaded what nearly all tests need."""

from jobs.runtime.spark.worker_daemon import main

if __name__ == "__main__":
    main(["jobs.run_pipeline"])
