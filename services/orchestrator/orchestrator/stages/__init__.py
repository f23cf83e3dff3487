"""Starting stages, as processes or containers, and what they report."""
