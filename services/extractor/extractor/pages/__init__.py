"""What is stored: a page as it came, its envelope, and the parts that pages are committed in."""
