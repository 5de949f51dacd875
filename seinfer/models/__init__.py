"""What models there are, what is installed of them, and where their weights come from."""
