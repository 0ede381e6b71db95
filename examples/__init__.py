"""The small crawl that `make demo` and the tests run on, written for this repository."""
