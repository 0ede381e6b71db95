"""HTML pages to Markdown: readers, the second look where they fail, posts, listings, metadata."""
