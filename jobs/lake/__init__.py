"""Tables of a lake: snapshots read as they were, and datasets of ours appended to them."""
