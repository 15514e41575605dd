"""Bringing the system onto machines; works in a checkout only, and is no part of the wheel."""
