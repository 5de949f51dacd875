"""Conclusions from the results of a run: leaderboard, groups, warnings, recommendation."""
