"""What the index of phrases costs and finds, beside indexes of others."""
