"""The page: its template, its style, how numbers are written."""
