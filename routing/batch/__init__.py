"""All open orders decided together: a good plan, and a bound that proves how good.

The path of the data::

    Batch        orders by number of lines, as flat arrays; one *row* per order and option that could serve it
      -> duals   prices of scarce stock and capacity, by subgradient steps
      -> escapes columns that an order falls back on where scarce resources are denied to it
      -> master  the linear programme over all columns so far; its prices find the next columns
      -> round   a first plan
      -> blocks  integer programmes over the columns of a part of the orders, the others held, part after part
    -> Solution  options of all lines, duals, and the bound that they prove

A *column* is one way to serve one order completely. The Lagrangian bound of any prices is exact per order, because the
pricing step is the exact split of an order over all options (dynamic programming over subsets of its lines), so the
bound is as strong as the linear programme over all columns that there could be.

Sources: column generation for such plan models, Barnhart et al., Branch-and-Price, Operations Research 46(3), 1998;
prices from a transportation programme, Acimovic and Graves, M&SOM 17(1), 2015; the smoothed direction of the
subgradient steps, Camerini, Fratta and Maffioli, Mathematical Programming Study 3, 1975.
"""
