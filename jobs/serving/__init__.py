"""A local page about finished runs: documents looked at, labelled and compared in a browser; no Spark."""
