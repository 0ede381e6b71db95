"""Arrow columns as numpy views, compiled kernels over them, and how a column of ours is declared."""
