"""Graders: linear model, cascade, encoder and its training, and the grade."""
