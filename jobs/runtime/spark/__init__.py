"""What speaks to Spark and its Java: session, heap, frames, schemas."""
