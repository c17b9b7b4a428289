"""What most would write first: flat field, blur, threshold, contours, all in stock OpenCV calls."""

import cv2
import numpy as np
from numpy.typing import NDArray


class PlainOpenCv:
    """A defect finder in five calls, for comparison.

    Parameters
    ----------
    clean_frames : ndarray of shape (frames, rows, columns), uint8
        Their mean is what every later frame is compared with.
    """

    def __init__(self, clean_frames: NDArray[np.uint8]) -> None:
        expected = cv2.blur(clean_frames.mean(axis=0).astype(np.float32), (1, 65))
        self._flat = (128 / np.maximum(expected, 1)).astype(np.float32)
        even = [self._even(frame) for frame in clean_frames[:4]]
        self._threshold = 6 * float(np.std(np.stack(even).astype(np.float32)))

    def _even(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.asarray(cv2.GaussianBlur(cv2.multiply(frame, self._flat, dtype=cv2.CV_8U), (3, 3), 0))

    def boxes(self, frame: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
        """Left, top, width, height of everything beyond six standard deviations."""
        away = cv2.absdiff(self._even(frame), np.full(1, 128.0))
        _, mask = cv2.threshold(away, self._threshold, 255, cv2.THRESH_BINARY)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        boxes = (cv2.boundingRect(contour) for contour in contours)
        return [(left, top, width, height) for left, top, width, height in boxes]
