"""Traces: what is done for one request, across all services, in logs and on a collector."""
