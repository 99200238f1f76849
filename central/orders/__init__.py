"""Orders of the shops: intake, reservation, and the life of a task at the centre."""
