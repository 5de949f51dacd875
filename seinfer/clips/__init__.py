"""Files -> clips with stable names and their clean references."""
