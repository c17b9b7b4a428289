"""Coatsight's inspection library: a frame and a recipe in, a record out.

Pure: no web, no database, no plant, no clock, no threads.
"""

import os

# OpenCV reads this once, when it is first imported: a bomb must not unpack even where a header lied.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(64 << 20))
