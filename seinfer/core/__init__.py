"""Modules that every other folder may use: errors, records, processes, devices, files, logs."""
