"""A demo on a real list of stores: which of them get boxes, and where orders go."""

import csv
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg

from central.sourcing.tariff import miles
from simulators.world import Place, Site, World

BOXES = 3
DESTINATIONS = 1_000
NEAR_MILES = 100


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
    """``world`` with real ZIP areas as destinations: half of them near one of its stores, half anywhere."""
    with centroids.open(encoding="utf-8", newline="") as file:
        places = [Place(row["zip"], "", "", float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)]
    lat = np.array([place.lat for place in places])
    lon = np.array([place.lon for place in places])
    distance = np.min([miles(lat, lon, site.place.lat, site.place.lon) for site in world.stores], axis=0)
    near = [place for place, away in zip(places, distance, strict=True) if away <= NEAR_MILES]
    chance = random.Random(world.seed)
    chosen = [chance.choice(near or places) for _ in range(DESTINATIONS // 2)] + chance.sample(
        places, DESTINATIONS // 2
    )
    return replace(world, destinations=tuple(chosen))
