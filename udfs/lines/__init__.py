"""The lines of a batch and what is true of each of them."""
