"""The words of the command `corpusmill`, and how a stage is opened and run by it; knows no stage."""
