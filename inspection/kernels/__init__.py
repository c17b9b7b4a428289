"""Compiled loops over pixels, tiles and columns; plain arrays in, plain arrays out.

Stock NumPy and OpenCV go over the data once per operation and cost microseconds per call; fused,
the whole first look at a 4 Mpx frame costs about six times a memory copy. Nothing here decides
anything: thresholds come in as numbers. The plain array version of each kernel stands in the
tests as its truth.
"""
