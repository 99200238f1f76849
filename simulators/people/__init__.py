"""People with seeds: shoppers at registers, staff with handhelds, customers of the web shop.

They use the product as people do, through its HTTP interfaces, and are as patient: who gets no answer tries again with
the same key, so that a killed box or centre costs time and nothing else.
"""
