"""The whole product on simulated hardware, compared with itself at the end."""
