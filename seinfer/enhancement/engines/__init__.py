"""Where models run: `local` starts one worker process a model."""
