"""The extractor's speed, beside others', against the sandbox: `make bench-extract`."""
