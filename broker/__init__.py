"""The only package that knows NATS: speaks in pages, jobs, deliveries; no NATS type leaves it."""
