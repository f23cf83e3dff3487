"""Asking the API: one client, one pace, retries, what requests cost, whose API it is."""
