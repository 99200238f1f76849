"""Delivers the box's log to the centre and applies what the centre tells, over MQTT."""
