"""What is written against corpusmill: signals of one's own (docs/annotators.md).

>>> import pyarrow as pa
>>> import pyarrow.compute as pc
>>> meaning = "question marks of the text"
>>> @annotator(SignalField("questions", pa.int64(), "characters", ">= 0", meaning, "own"))
... def tone(batch):
...     return {"questions": pc.count_substring(batch.column("text"), "?")}
>>> tone(pa.record_batch({"text": ["Why? And how?"]}))["questions"].to_pylist()
[2]
"""

from udfs.columns.signal_fields import SignalField
from udfs.signals.own_annotators import annotator

__all__ = ["SignalField", "annotator"]
