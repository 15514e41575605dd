"""`docr doctor`: what this machine, and the system that it belongs to, need to work well."""
