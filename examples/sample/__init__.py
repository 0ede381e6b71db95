"""Parts of the sample crawl's generator: prose, page templates, file writers, planted cases."""
