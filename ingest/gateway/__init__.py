"""The HTTP gateway: documents in, jobs, their progress and their outputs out."""
