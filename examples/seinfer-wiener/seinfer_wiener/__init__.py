"""A plug-in for seinfer: backend.py runs the model, models.toml describes it."""
