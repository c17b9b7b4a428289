"""Recipes in use: which there are, which one is in force, and what another one would change; one use case a file."""
