"""Training of the perplexity models: sample, count, smooth, write the model folder."""

from jobs.models.perplexity.gathered_sample import GatheredSample
from jobs.models.perplexity.settings import PerplexitySettings
from jobs.models.perplexity.train_models import train_models, train_sampled

__all__ = ["GatheredSample", "PerplexitySettings", "train_models", "train_sampled"]
