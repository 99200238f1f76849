"""Sales as the stores made them, and the money that they moved."""
