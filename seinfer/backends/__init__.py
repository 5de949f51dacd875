"""One module a model family; `base` is the contract that each of them keeps."""
