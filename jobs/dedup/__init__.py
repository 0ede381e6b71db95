"""Exact and near-duplicate removal at any size; start reading at find_duplicates.py."""

from jobs.dedup.distributed_search import find_duplicates
from jobs.dedup.settings import DedupSettings

__all__ = ["DedupSettings", "find_duplicates"]
