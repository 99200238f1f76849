"""Drivers for what hangs on a store box.

One folder per driver, and in it: transports (bytes in and out), codecs (bytes to values, pure) and the driver (state,
one thread). `slips` is what the printer is asked to print. Drivers know nothing of storage, sync or pages; the
composition hands them their transports and callbacks.
"""
