"""What console and store pages share: tokens, parts, icons, charts, and the serving of pages and their files.

Knows nothing of stores, orders or devices, and imports nothing of ours. ``/styleguide`` of the console shows all parts.
"""
