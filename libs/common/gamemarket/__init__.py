"""What every stage shares: the lake and its protocol, endpoints, settings, errors, logs."""
