"""What the pages show, asked of the database: one module for each page. Nothing here decides or changes anything.

Times that leave here are milliseconds since 1970 UTC, by the centre's clock where a row says nothing else.
"""
