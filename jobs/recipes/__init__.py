"""Recipes: what a run does with documents, as data. Every threshold lives here and nowhere else."""
