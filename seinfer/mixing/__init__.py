"""A paired test set out of clean speech and noise: who gets which noise, the arithmetic, and the folder of it."""
