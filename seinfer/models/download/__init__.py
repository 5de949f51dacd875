"""Downloading and verifying weight files; other packages use `seinfer.models.weights`."""
