"""The leak audit: find everything in a test folder by which raters could recognise a model, a clip or a trap.

folder, wave, measure   read each file of the folder once
names, order            names and positions
files, sound            the stimulus files and their sound
pages, seal             the rating pages, and the key
audit                   all checks over one folder
"""
