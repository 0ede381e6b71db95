"""What Spark does: one file per job in the order of the pipeline, each a spark-submit target."""

__version__ = "0.1.0"
