"""What every stage shares: the lake and its protocol, endpoints, settings, errors, logs."""

from config.version import VERSION as __version__

__all__ = ["__version__"]
