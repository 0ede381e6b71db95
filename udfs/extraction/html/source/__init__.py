"""The source of a page before a library parses it: unusual markup made plain."""
