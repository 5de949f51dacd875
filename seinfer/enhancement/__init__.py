"""A model applied to recordings: any sample rate and shape in, the same out; workers and engines."""
