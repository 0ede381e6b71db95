"""Runs handed to EMR, EMR Serverless or Dataproc: requests, waiting, logs of the driver."""
