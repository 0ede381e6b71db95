"""The index of phrases on disk: what is indexed, how it is laid out, written and looked up."""
