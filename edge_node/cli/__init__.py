"""The commands of ``edge-node``: each module adds its arguments and carries its command out.

Exit status: 0 done; 1 something needs a person's attention; 2 wrong arguments or refused input; 69 an extra is not
installed; 75 something does not answer, try again later.
"""
