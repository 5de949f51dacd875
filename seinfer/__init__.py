"""Compare pretrained speech denoisers on your own recordings."""
