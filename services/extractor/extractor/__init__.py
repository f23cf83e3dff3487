"""The extractor stage: RAWG -> lake. The flow is in extract_endpoint.py."""

__version__ = "0.1.0"
