"""Audio files and signals: reading, writing, resampling, levels."""
