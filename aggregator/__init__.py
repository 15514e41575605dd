"""Page results come in, one summary a job goes out."""
