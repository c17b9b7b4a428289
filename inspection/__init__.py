"""Coatsight's inspection library: a frame and a recipe in, a record out.

Pure: no web, no database, no plant, no clock, no threads.
"""
