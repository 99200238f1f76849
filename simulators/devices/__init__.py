"""Simulated peripherals: they speak the bytes of real ones, take faults as parameters, and know no driver."""
