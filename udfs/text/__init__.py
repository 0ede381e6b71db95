"""Characters and tokens: UTF-8, Unicode classes, and the one pass that tokenises a batch."""
