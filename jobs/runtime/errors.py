"""Exceptions named for what the caller should do; every message says given, wanted, next step."""

from __future__ import annotations


class CorpusmillError(Exception):
    """Base of all errors a user can act on; the command prints it without a traceback."""


class SettingsError(CorpusmillError):
    """The settings, a recipe or the command line are wrong: correct them and start again."""


class MissingRequirementError(CorpusmillError):
    """Something outside the data is missing (Java, a model, a permission, disk): provide it."""


class InputError(CorpusmillError):
    """The input as a whole cannot be used (no such file, wrong schema, changed while being read)."""


class DamagedRecordError(InputError):
    """A record of ours (a manifest, a report) was cut short or overwritten: make it anew."""


class OutputBusyError(CorpusmillError):
    """Another driver writes to the same OUTPUT: wait for it, or choose another one."""


class StoreReadError(Exception):
    """A store broke off while a file was read; the task must fail and be tried again.

    No OSError on purpose: those mean a damaged file, which costs a row of quarantine.
    """


class StageError(CorpusmillError):
    """A stage failed while running; finished work is kept and the same command resumes it."""


class AccountingError(CorpusmillError):
    """Rows in differ from rows kept + dropped + quarantined: a fault of ours; nothing is published."""
