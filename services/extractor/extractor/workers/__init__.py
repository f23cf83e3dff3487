"""Threads: how many requests are under way, how they are stopped, what memory they keep."""
