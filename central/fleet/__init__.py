"""Locations, the boxes that speak for them, and their health."""
