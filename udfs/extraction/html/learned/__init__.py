"""The learned reader: features of blocks, the model that judges them, its Markdown."""
