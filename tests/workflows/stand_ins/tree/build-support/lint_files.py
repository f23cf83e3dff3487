"""Finds nothing."""
