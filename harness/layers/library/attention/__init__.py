"""Attention and embeddings."""
