"""Exchange with other programs for listening tests: configurations for them, and ratings from their result files.

    yaml       the small part of YAML that webMUSHRA reads
    webmushra  audiolabs/webMUSHRA: configuration per session
    p808       microsoft/P.808: lists of clips
    beaqlejs   HSU-ANT/beaqlejs: configuration per session (no import)
    export     one of these formats, with the stimuli
    votes      what all result files have in common
    webmushra_results, p808_results   result files -> rating rows

Stimuli and trials have opaque ids everywhere: no name of a model leaves the key.
"""
