"""No row is lost: rows in = out + dropped + quarantined, counted from data at rest."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from jobs.runtime.errors import AccountingError


class RowAccounts(BaseModel):
    """Where a stage's rows went; counted from data at rest, never from accumulators."""

    model_config = ConfigDict(frozen=True)
    rows_in: int
    rows_out: int
    rows_dropped: int = 0
    rows_quarantined: int = 0

    def check(self, stage: str) -> None:
        """Raise AccountingError when a row is lost or doubled."""
        accounted = self.rows_out + self.rows_dropped + self.rows_quarantined
        if self.rows_in != accounted:
            raise AccountingError(
                f"stage {stage}: {self.rows_in} rows in, but {self.rows_out} out + "
                f"{self.rows_dropped} dropped + {self.rows_quarantined} quarantined = {accounted}. "
                "Nothing was published; please report this with the command you ran."
            )
