"""Training of the learned HTML reader: its pages, their labels, its card; the parts of `train-extractor`."""
