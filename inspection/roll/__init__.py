"""The web of one roll: what its frames' records say together, whatever the order in which they came."""
