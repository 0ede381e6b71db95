"""Models from labelled texts: features, linear models, trees, splits, calibration, evaluation, folders."""
