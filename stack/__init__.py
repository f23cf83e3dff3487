"""The local stack by one command each: what `make start` runs. Only what Python 3.9 has by itself."""
