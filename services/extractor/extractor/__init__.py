"""The extractor stage: RAWG -> lake. The flow is in extract_endpoint.py."""
