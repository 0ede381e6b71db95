"""From token ids to rows of one length whose boundaries are known."""
