"""Barcode scanners on a serial port (RS-232 or USB in CDC mode)."""
