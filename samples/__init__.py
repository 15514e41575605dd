"""Sample documents, and the script that makes them."""
