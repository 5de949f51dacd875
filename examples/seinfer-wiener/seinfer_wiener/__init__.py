"""A plug-in for seinfer; `backend` is what it brings, models.toml what is known about it."""
