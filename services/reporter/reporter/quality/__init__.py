"""How good the data are: what the build published of itself, and what its marts show."""
