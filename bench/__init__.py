"""Measures Lookout against bare libraries in one run: ``python -m bench``, or one row of it by name. No test asserts a time."""
