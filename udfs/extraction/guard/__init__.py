"""The child process that parses untrusted bytes, and what it quarantines."""
