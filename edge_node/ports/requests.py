"""Requests that may come twice: a client that heard no answer sends the same again, under the same key."""

import json
from hashlib import blake2b

from retail.errors import Refused


class KeyReused(Refused):
    """The key was used before, for something else. Nothing was changed."""

    def __init__(self) -> None:
        super().__init__("key", "this key was used before with another content", "give every new request a new key")


def fingerprint(content: object) -> bytes:
    """16 bytes that two requests share if they ask for the same. ``content`` is made of lists, texts and numbers."""
    return blake2b(json.dumps(content, separators=(",", ":")).encode(), digest_size=16).digest()
