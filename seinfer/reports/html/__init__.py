"""Pages in HTML: self-contained files that open from a disk, without a network and without JavaScript."""
