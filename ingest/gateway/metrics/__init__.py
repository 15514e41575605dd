"""What operators watch, in Prometheus' form: docs/metrics.md says what each of it means."""
