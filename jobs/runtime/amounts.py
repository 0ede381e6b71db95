"""Numbers as people read them: counts, shares, sizes, durations."""

from __future__ import annotations

BYTES_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def whole_number(value: int) -> str:
    """Return 1234567 as 1,234,567."""
    return f"{value:,}"


def counted(count: int, thing: str) -> str:
    """Return a count with its noun: 1 row, 1,234 rows."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def measure(value: float | None) -> str:
    """Return a signal's value with at most four significant digits; integers whole."""
    if value is None:
        return "–"
    if value == int(value) and abs(value) < 1e12:
        return f"{int(value):,}"
    if abs(value) >= 10_000:
        return f"{value:,.0f}"
    if abs(value) < 1e-4:
        return f"{value:.2e}"
    digits = float(f"{value:.4g}")
    return f"{int(digits):,}" if digits == int(digits) else f"{digits:,}"


def share(part: float, whole: float) -> str:
    """Return a percentage; what is more than nothing never shows as nothing, nor less than all as all."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if part and percent < 0.1:
        return "< 0.1 %"
    if part < whole and percent > 99.9:
        return "> 99.9 %"
    return f"{percent:.1f} %" if percent % 100 else f"{percent:.0f} %"


def percent(part: float | None) -> str:
    """Return a share of 1 as :func:`share` does."""
    return "–" if part is None else share(part, 1.0)


def size(count: float) -> str:
    """Return bytes in decimal units: 4.2 MB."""
    unit = 0
    while count >= 999.5 and unit < len(BYTES_UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.0f} {BYTES_UNITS[unit]}" if unit == 0 else f"{count:.3g} {BYTES_UNITS[unit]}"


def rounded(count: float) -> str:
    """Return a large count in words that can be read at a glance: 1.23 million."""
    for limit, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if count >= limit:
            return f"{count / limit:.3g} {word}"
    return whole_number(int(count))


def duration(seconds: float) -> str:
    """Return a time as people say it: 0.4 s, 12.5 s, 3 min 5 s, 2 h 10 min."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"
