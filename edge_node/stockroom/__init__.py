"""What staff do to stock by hand: deliveries, damage, corrections and counts."""
