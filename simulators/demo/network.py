"""A demo on a real list of stores: which of them get boxes, and where orders go."""

import csv
import random
from dataclasses import replace
from pathlib import Path

import psycopg

from simulators.world import Place, Site, World

BOXES = 3
DESTINATIONS_MAX = 3_000


def choose_sites(database_url: str, seed: int) -> list[Site]:
    """Three stores of the imported network that could take orders: one from each third of them by longitude."""
    with psycopg.connect(database_url) as centre:
        rows = centre.execute(
            "SELECT location, name, zip, city, region, lat, lon, time_zone FROM location"
            " WHERE kind = 'store' AND coordinate_state = 'believed' AND time_zone IS NOT NULL AND hours IS NOT NULL"
            " ORDER BY lon, location"
        ).fetchall()
    chance = random.Random(seed)
    third = len(rows) // BOXES
    sites = []
    for index in range(BOXES):
        location, name, zip_code, city, region, lat, lon, zone = chance.choice(
            rows[index * third : (index + 1) * third]
        )
        printer = "tcp" if index == 1 else "usb"
        sites.append(Site(location, "store", name, Place(zip_code, city, region, lat, lon), zone, 2, printer))
    return sites


def with_destinations(world: World, centroids: Path) -> World:
    """``world`` with a sample of real ZIP areas as destinations."""
    with centroids.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sample = random.Random(world.seed).sample(rows, min(len(rows), DESTINATIONS_MAX))
    places = tuple(Place(row["zip"], "", "", float(row["lat"]), float(row["lon"])) for row in sample)
    return replace(world, destinations=places)
