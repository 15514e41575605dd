"""Makes a clean drawing look like a scan or a photograph. All randomness is seeded."""

import numpy as np
from PIL import Image, ImageFilter


def scanned(page: Image.Image, *, skew_degrees: float, seed: int) -> Image.Image:
    """A grey page as a scanner gives it: turned a little, slightly soft, with grain and a shadow
    along the left edge."""
    turned = page.convert("L").rotate(skew_degrees, Image.Resampling.BICUBIC, fillcolor=255)
    soft = np.asarray(turned.filter(ImageFilter.GaussianBlur(0.7)), dtype=np.float32)
    height, width = soft.shape
    shadow = 14.0 * np.exp(-np.arange(width, dtype=np.float32) / 60.0)
    grain = np.random.default_rng(seed).normal(0.0, 5.0, size=(height, width))
    # Paper is not white, and ink is not black.
    grey = 25.0 + soft * (220.0 / 255.0) - shadow[None, :] + grain
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))


def photographed(page: Image.Image, *, seed: int) -> Image.Image:
    """A colour photograph of a page: seen at an angle, in warm light that falls off to a corner."""
    width, height = page.size
    # Where the corners of the photograph lie on the page: px, from the top left, anticlockwise.
    corners = (-0.03, -0.02, 0.01, 1.03, 1.04, 0.98, 0.97, 0.02)
    quad = tuple(
        share * (width if index % 2 == 0 else height) for index, share in enumerate(corners)
    )
    seen = page.convert("RGB").transform(
        page.size,
        Image.Transform.QUAD,
        quad,
        Image.Resampling.BICUBIC,
        fillcolor=(110, 92, 74),
    )
    soft = np.asarray(seen.filter(ImageFilter.GaussianBlur(0.8)), dtype=np.float32)
    down = np.linspace(1.0, 0.8, height, dtype=np.float32)[:, None]
    across = np.linspace(0.95, 0.82, width, dtype=np.float32)[None, :]
    warm = np.array([1.0, 0.94, 0.82], dtype=np.float32)
    lit = soft * (down * across)[:, :, None] * warm
    lit += np.random.default_rng(seed).normal(0.0, 3.0, size=(height, width, 1))
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))
