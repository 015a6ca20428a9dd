"""Leaves: small tools that import nothing of edged."""
