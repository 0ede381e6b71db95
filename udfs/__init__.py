"""What happens to a batch of documents: pure functions over Arrow and numpy, no Spark, no storage."""
