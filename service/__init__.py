"""One running station: cameras post frames, people see what was found."""
