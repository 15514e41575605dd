"""A document comes in, page tasks go out."""
