"""The one pass over the bytes of a page that cuts it into blocks."""
