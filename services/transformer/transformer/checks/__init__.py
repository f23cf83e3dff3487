"""What is checked before anybody reads the result: rows, drift, quality, and how it is kept."""
