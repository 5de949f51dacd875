"""A whole run: clips -> enhance -> score -> analyse -> report, and the run folder that remembers it."""
