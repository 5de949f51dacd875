"""What may be concluded from the rows of a run: tables, groups, warnings, advice."""
