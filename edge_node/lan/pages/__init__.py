"""The handheld's pages: pick lists on a phone or scanner, over plain HTTP on the store's network.

``handheld_pages()`` gives the router; the box's composition passes it to :func:`edge_node.lan.app.create_app`. Pages
read what the box knows when they are asked; the only way to write is ``POST /edge/events`` of
:mod:`edge_node.lan.tasks`.

How page and box stay one: the box renders a task as it stands, and the script adds what it has not delivered yet. It
keeps each event in IndexedDB from the moment of the scan until the box has answered, asks again every few seconds for
what is new (a 304 while nothing is), and lays the undelivered events over it. So the page is right while the network
is away, and a reload or a flat battery loses nothing that was beeped for.

A scan is sent at once: the code proves what is in hand, and the sooner the box knows, the better its stock. A tap
("Picked", "Can't find") proves nothing and is easily a slip of the thumb, and the log cannot take it back. So it is
held on the handheld for ten seconds, in which it can be undone; then it goes the same way.
"""

from edge_node.lan.pages.http import handheld_pages

__all__ = ["handheld_pages"]
