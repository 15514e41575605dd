"""The web page of the gateway: its files, who is signed in, and what only the page asks for."""
