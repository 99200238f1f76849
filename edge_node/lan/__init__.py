"""The box's API on the store's network, for registers and handhelds, and its pages.

:mod:`.app` puts it together; each of the other modules serves one subject. Every refusal is a problem document
(RFC 9457) that names the field and the remedy.
"""
