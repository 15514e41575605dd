// The page with its words as shapes above it: its image where there is one, else what was read,
// drawn where it stood. Moved by scrolling, which browsers do smoothly by themselves.
import { el, iconButton, put, svg } from './dom.js';
import { Picture } from './picture.js';
import { kindOf, matchesIn, wordsOf } from './words_of_page.js';
import { WORDS } from './words.js';

const [LEAST_ZOOM, MOST_ZOOM] = [0.5, 12];
const REST_MS = 140;
const MOST_MISSES = 3;
// Widths of images that are asked for, in px: few, so that what was made for one serves another.
const WIDTHS = [800, 1600, 3200];

export class Sheet {
  constructor({ pointed, picked, image, total }) {
    Object.assign(this, { image, total, scale: 1, stretched: { grown: 1, left: 0, top: 0 }, turned: 0, wanted: '' });
    this.shapes = svg('svg.shapes', { role: 'img' });
    const canvas = el('canvas', { 'aria-hidden': 'true' });
    this.picture = new Picture({ canvas, shown: () => this.pictured(), missed: () => this.miss() });
    this.paper = el('div.paper', {}, canvas, this.shapes);
    this.turner = el('div.turner', {}, this.paper);
    this.view = el('div.sheet-view', { tabindex: '0', role: 'region', 'aria-label': WORDS.sheetHint, title: '' }, this.turner);
    this.note = el('p.muted.sheet-note');
    this.root = el(
      'div.sheet', {},
      el(
        'div.pane-head', {},
        el('div.legend', {}, WORDS.legend, ' ', el('span.key', {}, WORDS.certain), el('span.key.unsure', {}, WORDS.unsure), el('span.key.doubtful', {}, WORDS.doubtful)),
        el('div.group', {}, iconButton('minus', WORDS.zoomOut, () => this.zoom(0.8)), iconButton('plus', WORDS.zoomIn, () => this.zoom(1.25)), iconButton('fit', WORDS.fit, () => this.fit()), iconButton('turn', WORDS.turn, () => this.turn())),
      ),
      this.view, this.note,
    );
    this.shapes.addEventListener('pointerover', (event) => {
      const at = event.target.dataset?.at;
      this.highlight(at === undefined ? null : event.target);
      pointed(at === undefined ? null : Number(at));
    });
    this.shapes.addEventListener('pointerleave', () => {
      this.highlight(null);
      pointed(null);
    });
    this.shapes.addEventListener('click', (event) => {
      if (event.target.dataset?.at !== undefined && !this.dragged) picked(Number(event.target.dataset.at));
    });
    this.view.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.stretch(Math.exp(-event.deltaY / 300), event);
    }, { passive: false });
    this.drag();
    this.watcher = new ResizeObserver(() => this.lay());
    this.watcher.observe(this.view);
  }

  leave() {
    clearTimeout(this.resting);
    this.watcher.disconnect();
    clearTimeout(this.again);
    this.picture.leave();
    this.left.abort();
  }

  show(page, index, wanted) {
    this.rest();
    const size = `${page.width_px}x${page.height_px}`;
    Object.assign(this, { page, index, wanted, words: wordsOf(page), width: page.width_px || 210, height: page.height_px || 297 });
    if (this.sizeShown !== size) this.scale = 1;
    this.sizeShown = size;
    // As it is read: polygons are those of the page as it was handed in.
    this.turned = ((-Math.round((page.angle_deg || 0) / 90) * 90) % 360 + 360) % 360;
    this.showPicture(false);
    this.loaded = 0;
    this.missed = 0;
    clearTimeout(this.again);
    this.picture.clear();
    put(this.note, this.noPictures && page.status !== 'failed' && WORDS.drawn);
    this.shapes.setAttribute('viewBox', `0 0 ${this.width} ${this.height}`);
    this.shapes.setAttribute('aria-label', WORDS.sheet(page.page_number));
    this.polygons = this.words.map((word) => svg('polygon', { points: word.polygon.map((point) => point.join(',')).join(' '), class: kindOf(word.confidence) || undefined, 'data-at': word.at }));
    put(this.shapes, svg('g.letters', { 'aria-hidden': 'true' }, this.words.map(letters)), svg('g', {}, this.polygons));
    this.mark(wanted);
    this.lay();
    this.view.scrollTo(0, 0);
    this.fetchPicture();
  }

  // As wide as it is shown, turned as it is, times the zoom.
  lay() {
    if (!this.page) return;
    const sideways = this.turned % 180 !== 0;
    const [width, height] = sideways ? [this.height, this.width] : [this.width, this.height];
    const room = this.view.clientWidth - 2;
    const tall = Math.max(this.view.clientHeight - 2, 200);
    const whole = Math.min(room / width, Math.max(tall / height, (room / width) * 0.55));
    const scale = whole * this.scale;
    const set = (element, values) => {
      for (const [name, value] of Object.entries(values)) element.style.setProperty(name, value);
    };
    set(this.turner, { width: `${width * scale}px`, height: `${height * scale}px` });
    set(this.paper, {
      width: `${this.width * scale}px`, height: `${this.height * scale}px`,
      transform: { 0: 'none', 90: `translateX(${this.height * scale}px) rotate(90deg)`, 180: `translate(${this.width * scale}px, ${this.height * scale}px) rotate(180deg)`, 270: `translateY(${this.width * scale}px) rotate(270deg)` }[this.turned],
    });
    this.pxShown = this.width * scale * devicePixelRatio;
  }

  fetchPicture() {
    if (this.noPictures || !this.page.width_px) return;
    const wanted = WIDTHS.find((width) => width >= Math.min(this.pxShown, this.width)) ?? WIDTHS.at(-1);
    if (wanted <= this.loaded) return;
    this.loaded = wanted;
    this.picture.show(`${this.image(this.index)}?width=${wanted}`);
  }

  pictured() {
    this.hadPicture = true;
    this.showPicture(true);
    if (this.index + 1 < this.total) this.picture.prepare(`${this.image(this.index + 1)}?width=${this.loaded}`);
  }

  showPicture(shown) {
    this.paper.classList.toggle('pictured', shown);
    put(this.note, !shown && (this.loaded || this.noPictures) && this.page.status !== 'failed' && WORDS.drawn);
  }

  // A small document is kept a moment after its last page was read, and a picture may not be made
  // in time; of one that is not kept at all no page is asked for any more.
  miss() {
    this.showPicture(false);
    this.missed += 1;
    if (this.missed >= MOST_MISSES) {
      this.noPictures = !this.hadPicture;
      return;
    }
    clearTimeout(this.again);
    this.again = setTimeout(() => {
      this.loaded = 0;
      this.fetchPicture();
    }, 1500);
  }

  zoom(factor) {
    this.stretch(factor);
    this.settle();
  }

  // While a wheel turns, the page is only stretched, which lays nothing out anew; it is once the
  // wheel rests. `at`: the event that tells which point is to stay where it is; else the middle.
  stretch(factor, at = null) {
    const { scale, stretched: { grown, left, top } } = this;
    const by = Math.min(Math.max(scale * grown * factor, LEAST_ZOOM), MOST_ZOOM) / (scale * grown);
    const frame = this.view.getBoundingClientRect();
    const [x, y] = at ? [at.clientX - frame.left, at.clientY - frame.top] : [frame.width / 2, frame.height / 2];
    const place = (old, point, before) => by * old + (1 - by) * (point - before);
    this.stretched = {
      grown: grown * by,
      left: place(left, x, this.turner.offsetLeft - this.view.scrollLeft),
      top: place(top, y, this.turner.offsetTop - this.view.scrollTop),
    };
    this.turner.style.setProperty('transform', `translate(${this.stretched.left}px, ${this.stretched.top}px) scale(${this.stretched.grown})`);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.settle(), REST_MS);
  }

  settle() {
    const { grown, left, top } = this.stretched;
    const before = [this.turner.offsetLeft - this.view.scrollLeft, this.turner.offsetTop - this.view.scrollTop];
    this.rest();
    this.scale *= grown;
    this.lay();
    this.view.scrollTo(this.turner.offsetLeft - before[0] - left, this.turner.offsetTop - before[1] - top);
    this.fetchPicture();
  }

  rest() {
    clearTimeout(this.resting);
    this.stretched = { grown: 1, left: 0, top: 0 };
    this.turner.style.removeProperty('transform');
  }

  fit() {
    this.rest();
    this.scale = 1;
    this.lay();
  }

  turn() {
    this.settle();
    this.turned = (this.turned + 90) % 360;
    this.lay();
  }

  mark(wanted) {
    this.wanted = wanted;
    for (const shape of this.polygons ?? []) shape.classList.remove('match', 'here');
    this.matches = this.words ? matchesIn(this.words, wanted) : [];
    for (const at of this.matches.flat()) this.polygons[at].classList.add('match');
  }

  revealMatch(nth) {
    for (const shape of this.polygons) shape.classList.remove('here');
    const match = this.matches[Math.min(nth, this.matches.length - 1)];
    for (const at of match ?? []) this.polygons[at].classList.add('here');
    if (match) this.moveTo(this.polygons[match[0]]);
  }

  reveal(at) {
    this.point(at);
    if (this.polygons?.[at]) this.moveTo(this.polygons[at]);
  }

  point(at) {
    this.highlight(at === null ? null : this.polygons?.[at]);
  }

  highlight(shape) {
    if (this.shown === shape) return;
    this.shown?.classList.remove('pointed');
    shape?.classList.add('pointed');
    this.shown = shape;
  }

  moveTo(shape) {
    const frame = this.view.getBoundingClientRect();
    const place = shape.getBoundingClientRect();
    const out = place.top < frame.top + 16 || place.bottom > frame.bottom - 16 || place.left < frame.left || place.right > frame.right;
    if (out) this.view.scrollBy(place.left + place.width / 2 - frame.left - frame.width / 2, place.top + place.height / 2 - frame.top - frame.height / 2);
  }

  drag() {
    let from = null;
    this.view.addEventListener('pointerdown', (event) => {
      if (event.pointerType === 'touch' || event.button !== 0) return;
      from = [event.clientX + this.view.scrollLeft, event.clientY + this.view.scrollTop, event.clientX, event.clientY];
      this.dragged = false;
    });
    // Elsewhere, too: until the page is left, since what listens there is kept with all it knows.
    this.left = new AbortController();
    const { signal } = this.left;
    addEventListener('pointermove', (event) => {
      if (!from || !this.view.isConnected) return;
      if (Math.hypot(event.clientX - from[2], event.clientY - from[3]) > 4) {
        this.dragged = true;
        this.view.classList.add('dragging');
      }
      if (this.dragged) this.view.scrollTo(from[0] - event.clientX, from[1] - event.clientY);
    }, { signal });
    addEventListener('pointerup', () => {
      from = null;
      this.view.classList.remove('dragging');
    }, { signal });
  }
}

// The word in letters that fill its shape: along its upper side, as high as its left one.
function letters(word) {
  const [[x0, y0], [x1, y1], , [x3, y3]] = word.polygon;
  const length = Math.hypot(x1 - x0, y1 - y0);
  const height = Math.hypot(x3 - x0, y3 - y0);
  if (!(length > 0 && height > 0)) return null;
  const angle = (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI;
  const base = [x0 + (x3 - x0) * 0.78, y0 + (y3 - y0) * 0.78];
  return svg('text', { transform: `translate(${base.map((each) => each.toFixed(1)).join(' ')}) rotate(${angle.toFixed(1)})`, 'font-size': (height * 0.78).toFixed(1), textLength: length.toFixed(1), lengthAdjust: 'spacingAndGlyphs' }, word.text);
}
