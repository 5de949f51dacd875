"""How weights come here and what they must be; `seinfer.weights` is the face of it."""
