"""Analysis of the ratings of a listening test.

rating_files  files -> rows, each with its file and line
integrity     rows + key -> problems; a row is never left out silently
votes         rows + key -> votes with clip and model
screening     votes -> raters, with the reason for each who is excluded
analysis      votes -> means, intervals and tests of the models
objective     votes + run -> correlation with the objective scores
conclusions   analysis -> sentences
tables, page, console   analysis -> CSV files, HTML, terminal and JSON
"""
