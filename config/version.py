"""The version of all that is released together; `make release` writes it."""

VERSION = "0.1.0"
