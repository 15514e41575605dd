"""Measurements that stand in the documentation, each a command that anybody can repeat."""
