"""The demo: two days of the whole pipeline, from the API to a table worth looking at."""
