"""The report of a finished run: all facts as JSON, and one page that a person can read offline."""

from jobs.report.assembly import tell_packing, write_report

__all__ = ["tell_packing", "write_report"]
