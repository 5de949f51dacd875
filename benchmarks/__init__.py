"""Claims about speed, each a ratio of two things run side by side: `python -m benchmarks.NAME` in the checkout."""
