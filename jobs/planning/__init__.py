"""What a search for near-duplicates will find, move and cost, before it runs; no Spark is started."""

from jobs.planning.dedup_plan import DedupPlan, plan_search
from jobs.planning.dedup_plan_text import plan_text, six_permutations_notice, write_plan_drawing

__all__ = ["DedupPlan", "plan_search", "plan_text", "six_permutations_notice", "write_plan_drawing"]
