"""Where models run: `local` starts one worker process a model, `ray` several on a cluster."""
