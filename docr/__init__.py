"""The roof: command line, settings, and the whole system on one machine."""
