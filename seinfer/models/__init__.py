"""The list of models, the packages and weights that each one needs, and how to get them."""
