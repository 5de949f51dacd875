"""(clip, estimate file) -> Score, in processes that may die, with a cache of scores."""
