"""The figures that the articles print, recomputed."""
