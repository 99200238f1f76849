"""ESC/POS receipt printers: encoder, protocol, transports and the driver that proves what it printed."""
