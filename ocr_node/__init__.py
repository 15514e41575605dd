"""A page task comes in, a page result goes out."""
