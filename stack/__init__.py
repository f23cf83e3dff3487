"""The local stack by one command each: what `make start` and its like run. Standard library only."""
