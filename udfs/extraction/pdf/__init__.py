"""PDF pages to Markdown: words, rows, reading order, tables, paragraphs."""
