"""From any source to documents/: list files, read their records, give each a stable id."""
