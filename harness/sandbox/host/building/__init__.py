"""Builds of source files of compiled languages, and the cache that keeps them."""
