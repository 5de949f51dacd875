"""(clip, estimate file) -> Score, in separate processes that may crash, with a cache of scores."""
