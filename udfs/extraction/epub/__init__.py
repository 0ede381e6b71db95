"""EPUB archives to Markdown, chapter by chapter along the spine."""
