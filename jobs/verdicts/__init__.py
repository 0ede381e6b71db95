"""From rules and signals to verdicts: Spark SQL over numbers, no text and no Python per row."""
