"""What people and plants ask of a roll: each file one use case, from the store to an answer."""
