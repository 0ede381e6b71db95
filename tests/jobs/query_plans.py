"""What a query would send through the network, read from Spark's physical plan."""

from __future__ import annotations

import re

from pyspark.sql import DataFrame


def shuffled_columns(frame: DataFrame) -> set[str]:
    """Names of the columns that any shuffle of the plan carries."""
    session = frame.sparkSession
    plan = session._jvm.PythonSQLUtils.explainString(  # type: ignore[union-attr]
        frame._jdf.queryExecution(), "formatted"
    )
    shuffles = re.findall(r"^\(\d+\) Exchange.*\nInput.*?: \[(.*)\]", plan, re.MULTILINE)
    assert shuffles or "Exchange" not in plan.replace("BroadcastExchange", "")
    return {re.sub(r"#\d+L?$", "", name.strip()) for row in shuffles for name in row.split(",")}


def final_plan(frame: DataFrame) -> str:
    """The physical plan by which the rows were made; they are made for this."""
    execution = frame._jdf.queryExecution()
    frame._jdf.collectToPython()
    plan: str = execution.executedPlan().toString()
    return plan.split("+- == Initial Plan ==")[0]
