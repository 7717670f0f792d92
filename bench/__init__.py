"""Measures Lookout against bare libraries in one run: ``python -m bench``, or some rows of it by name."""
