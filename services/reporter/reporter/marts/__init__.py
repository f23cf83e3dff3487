"""The published marts, opened and asked."""
