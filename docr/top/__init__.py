"""`docr top`: the system at work, on a terminal."""
