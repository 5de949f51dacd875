"""Blind listening tests: stimuli out of a run folder, rating pages, the leak check, and the analysis of the ratings.

A test folder holds only what raters may see. The key tells which model made which stimulus; it is a file outside.

    make   Results -> stimuli, sessions, key -> test folder
    check  test folder -> leaks
    score  rating files + key -> CSV files and a report
"""
