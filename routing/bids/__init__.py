"""What contested units are worth to orders that have not come yet: bid prices, for single orders and for batches.

A forecast is a handful of sampled *futures*: orders that may come until the horizon, drawn from past weeks. Each is an
ordinary :class:`~routing.problem.Problem`; :mod:`routing.bids.stages` tells it of stock that arrives on the way. The
duals of its linear programme, averaged over the futures (:mod:`routing.bids.prices`), price the stock of now.
:mod:`routing.bids.renewal` says when prices have had their day.

Sources: bid prices from a transportation programme over forecast demand, Acimovic and Graves, Making Better Fulfillment
Decisions on the Fly in an Online Retail Environment, M&SOM 17(1), 2015; the mean of the duals over sampled demand
(randomised linear programming), Talluri and van Ryzin, Transportation Science 33(2), 1999.
"""
