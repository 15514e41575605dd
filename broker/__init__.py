"""The only package that knows NATS: speaks in pages, jobs, deliveries; no NATS type leaves it."""

from broker import web_sockets

web_sockets.leave_out()
