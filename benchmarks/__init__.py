"""Is it fast enough, does it see enough: one command for each question, the machine in every answer."""
