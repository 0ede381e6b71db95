"""Training of graders and safety models from labelled Parquet: the parts of `train-grader`."""
