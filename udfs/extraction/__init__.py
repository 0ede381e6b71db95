"""Bytes of any format to Markdown, in a guarded child process."""
