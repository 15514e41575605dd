// The image of a page. Drawn on a canvas rather than shown by an <img>: of each <img> that was ever
// shown browsers keep the pixels, 4 to 60 MB a page, until memory gets short. Here are those of the
// page that is looked at, and the next one as it came.
import { ask } from './api.js';

export class Picture {
  // `shown()` and `missed()` tell what became of what was asked for.
  constructor({ canvas, shown, missed }) {
    Object.assign(this, { canvas, shown, missed });
    this.drawing = canvas.getContext('bitmaprenderer');
  }

  // What is shown goes; the rest of what comes from there is not waited for.
  clear() {
    this.coming?.stop.abort();
    this.coming = null;
    this.drawing.transferFromImageBitmap(null);
  }

  // Shows it once it is there; until then what is shown stays.
  async show(address) {
    this.coming?.stop.abort();
    const prepared = this.next?.address === address && !this.next.failed ? this.next : null;
    if (prepared) this.next = null;
    const coming = prepared ?? fetched(address);
    this.coming = coming;
    try {
      const pixels = await createImageBitmap(await coming.content);
      if (this.coming !== coming) {
        pixels.close();
        return;
      }
      Object.assign(this.canvas, { width: pixels.width, height: pixels.height });
      this.drawing.transferFromImageBitmap(pixels);
      this.shown();
    } catch {
      if (this.coming === coming) this.missed();
    }
  }

  // Is made while another one is looked at.
  prepare(address) {
    if (this.next?.address === address) return;
    this.next?.stop.abort();
    this.next = fetched(address);
  }

  leave() {
    this.clear();
    this.next?.stop.abort();
    this.next = null;
  }
}

function fetched(address) {
  const stop = new AbortController();
  const content = ask(address, { signal: stop.signal, quiet: true }).then((answer) => answer.blob());
  const coming = { address, stop, content, failed: false };
  content.catch(() => {
    coming.failed = true; // why is told to who waits for it
  });
  return coming;
}
