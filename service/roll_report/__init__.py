"""The report of a roll: one page to print, to sign and to file, that needs nothing but itself."""
