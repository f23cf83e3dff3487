"""Stored pages become a committed generation."""
