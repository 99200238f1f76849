"""Takes what the boxes send and stores it exactly once, with everything that follows from it, in one statement."""
