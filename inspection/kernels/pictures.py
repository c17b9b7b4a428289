"""Small pictures of windows: grey, reflectance, noise units, and the pixels of a region."""

import numpy as np

from inspection.kernels.compiler import compiled


@compiled
def _shrink(pixels, top, left, height, width, grey):  # type: ignore[no-untyped-def]
    """Mean of each cell of a window divided evenly; one smaller than the cells repeats its pixels."""
    cells = len(grey)
    if height == cells and width == cells:
        for i in range(cells):
            for j in range(cells):
                grey[i, j] = np.float32(pixels[top + i, left + j])
        return
    first = np.arange(cells) * width // cells
    last = np.maximum((np.arange(cells) + 1) * width // cells, first + 1)
    running, sums = np.zeros(width + 1, np.int64), np.empty(width, np.int32)
    for i in range(cells):
        begin = top + i * height // cells
        end = max(top + (i + 1) * height // cells, begin + 1)
        sums[:] = 0
        for row in range(begin, end):
            line = pixels[row, left : left + width]
            for column in range(width):
                sums[column] += np.int32(line[column])
        total = np.int64(0)
        for column in range(width):
            total += sums[column]
            running[column + 1] = total
        out = grey[i]
        for j in range(cells):
            mean = np.float32(running[last[j]] - running[first[j]])
            out[j] = mean / np.float32((end - begin) * (last[j] - first[j]))


@compiled
def take_picture(pixels, window, row_gain, coating, foil, noise_gain, on_foil, sigma_gl, grey, reflectance, sigma):  # type: ignore[no-untyped-def]
    """Write a window as `cells` x `cells` of grey, of reflectance and of compressed noise units.

    Reflectance is 0 for coating and 1 for foil, cut at -1 and 3. Noise units s are compressed to
    s / (8 + abs(s)), from -1 to 1: faint things keep their steps, glints stay finite. Where a cell
    is the mean of n pixels its noise counts as sqrt(n) times smaller.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns), uint8 or uint16
    window : ndarray of shape (4,), int64
        Top, left, height, width.
    row_gain : ndarray of shape (rows,), float32
    coating, foil : ndarray of shape (columns,), float32
        Grey levels at row gain 1.
    noise_gain : ndarray of shape (columns,), float32
        How restless each column is.
    on_foil : bool
        Which of the two is expected here.
    sigma_gl : float
        Noise of 3x3 means there, at noise gain 1.
    grey, reflectance, sigma : ndarray of shape (cells, cells), float32, written
    """
    top, left, height, width = window[0], window[1], window[2], window[3]
    _shrink(pixels, top, left, height, width, grey)
    cells = len(grey)
    columns = left + (2 * np.arange(cells) + 1) * width // (2 * cells)
    base, step = coating[columns], foil[columns] - coating[columns]
    expected = foil[columns] if on_foil else base
    per_sigma = np.float32(np.sqrt(max(height * width / cells**2, 1.0)) / sigma_gl) / noise_gain[columns]
    for i in range(cells):
        unflicker = np.float32(1) / row_gain[top + (2 * i + 1) * height // (2 * cells)]
        line, share, deviation = grey[i], reflectance[i], sigma[i]
        for j in range(cells):
            even = line[j] * unflicker
            share[j] = min(max((even - base[j]) / step[j], np.float32(-1)), np.float32(3))
            units = (even - expected[j]) * per_sigma[j]
            deviation[j] = units / (np.float32(8) + abs(units))


@compiled
def take_pictures(pixels, windows, on_foil, row_gain, coating, foil, noise_gain, sigma_gl, grey, planes):  # type: ignore[no-untyped-def]
    """Take two pictures of each of several places, as `take_picture` does; equal windows are taken once.

    Parameters
    ----------
    pixels, row_gain, coating, foil, noise_gain
        As for `take_picture`.
    windows : ndarray of shape (places, 2, 4), int64
        Top, left, height and width of both windows.
    on_foil : ndarray of shape (places,), bool
    sigma_gl : tuple of two float
        Noise of 3x3 means on coating and on foil.
    grey : ndarray of shape (places, cells, cells), float32, written
        Of the second window.
    planes : ndarray of shape (places, 4 or more, cells, cells), float32, written
        Reflectance and noise units of the first window, then of the second.
    """
    for n in range(len(windows)):
        foil_here, noise = on_foil[n], sigma_gl[1] if on_foil[n] else sigma_gl[0]
        near, whole, out, plain = windows[n, 0], windows[n, 1], planes[n], grey[n]
        take_picture(pixels, near, row_gain, coating, foil, noise_gain, foil_here, noise, plain, out[0], out[1])
        if (near == whole).all():
            out[2:4] = out[0:2]
        else:
            take_picture(pixels, whole, row_gain, coating, foil, noise_gain, foil_here, noise, plain, out[2], out[3])


@compiled
def fill_cells(mask, down, cross, size, cells):  # type: ignore[no-untyped-def]
    """Set every cell of a window that holds a pixel of a mask.

    Parameters
    ----------
    mask : ndarray of shape (height, width), uint8
    down, cross : int
        Where the mask begins in the window; negative or beyond it, pixels fall on the rim.
    size : tuple of int
        Height and width of the window.
    cells : ndarray of shape (cells, cells), float32, written
    """
    cells_down, cells_cross = cells.shape
    across = (np.arange(mask.shape[1]) + cross) * cells_cross // size[1]
    across = np.minimum(np.maximum(across, 0), cells_cross - 1)
    row, rows, seen = 0, len(mask), np.empty(mask.shape[1], np.uint8)
    while row < rows:
        cell = min(max((row + down) * cells_down // size[0], 0), cells_down - 1)
        seen[:] = 0
        # All rows of one cell are taken together: whole words at a time, where single pixels would each cost a branch.
        while row < rows and min(max((row + down) * cells_down // size[0], 0), cells_down - 1) == cell:
            line = mask[row]
            for column in range(len(seen)):
                seen[column] |= line[column]
            row += 1
        out = cells[cell]
        for column in range(len(seen)):
            if seen[column]:
                out[across[column]] = 1


@compiled
def masked_range(reflectance, mask):  # type: ignore[no-untyped-def]
    """Darkest, mean and brightest value of several pictures where their mask is set.

    Parameters
    ----------
    reflectance, mask : ndarray of shape (pictures, cells, cells), float32
        Every mask has a cell that is 1; others are 0.

    Returns
    -------
    ndarray of shape (3, pictures)
    """
    found = np.empty((3, len(reflectance)))
    for n in range(len(reflectance)):
        darkest, total, brightest, count = np.inf, 0.0, -np.inf, 0
        for i in range(reflectance.shape[1]):
            for j in range(reflectance.shape[2]):
                if mask[n, i, j]:
                    value = reflectance[n, i, j]
                    darkest, brightest = min(darkest, value), max(brightest, value)
                    total += value
                    count += 1
        found[0, n], found[1, n], found[2, n] = darkest, total / count, brightest
    return found
