"""Kills, freezes and cuts off everything while jobs stream in; then proves that nothing is wrong.

`python -m tests.chaos --minutes 3 --seed 1`
"""
