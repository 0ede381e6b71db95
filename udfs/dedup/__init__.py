"""Near-duplicates: signatures, sketches, banding, components, and which copy stays."""
