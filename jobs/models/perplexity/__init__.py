"""Training of the perplexity models: sample, count, smooth, write the model folder."""

from jobs.models.perplexity.settings import PerplexitySettings
from jobs.models.perplexity.train_models import train_models, train_table

__all__ = ["PerplexitySettings", "train_models", "train_table"]
