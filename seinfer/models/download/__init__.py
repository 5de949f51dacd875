"""How weights come here and what they must be; `seinfer.models.weights` is the face of it."""
