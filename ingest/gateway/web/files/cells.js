// A cell a page, or for more pages than can be told apart, a cell for some of them in a row.
import { el } from './dom.js';
import { WORDS } from './words.js';

const MOST = 1200;
const RANK = { waiting: 0, done: 1, doubtful: 2, reading: 3, failed: 4 };

export class Cells {
  // `picked(index)`: called with the place of a page, from 0, that somebody points out.
  constructor({ picked } = {}) {
    this.root = el('div.cells', { role: 'img' });
    this.numbers = new Map(); // page number -> place
    this.states = [];
    this.titles = [];
    this.elements = [];
    this.counts = { done: 0, failed: 0 };
    if (picked) {
      this.root.classList.add('pickable');
      this.root.addEventListener('click', (event) => {
        const at = this.elements.indexOf(event.target);
        if (at >= 0) picked(at * this.group);
      });
    }
  }

  // How many pages there are; their numbers, where they are known, else 1, 2, 3...
  size(total, numbers = null) {
    this.total = total;
    this.known = numbers !== null;
    this.numbers = new Map(Array.from({ length: total }, (_, at) => [numbers ? numbers[at] : at + 1, at]));
    this.states = Array(total).fill('waiting');
    this.titles = Array(total).fill('');
    this.group = Math.max(1, Math.ceil(total / MOST));
    this.elements = Array.from({ length: Math.ceil(total / this.group) }, () => document.createElement('i'));
    this.root.dataset.many = total > 200 ? 'very' : total > 40 ? 'some' : 'few';
    this.root.replaceChildren(...this.elements);
  }

  // Of some pages of a document the numbers are told one by one.
  place(number) {
    if (!this.numbers.has(number) && !this.known) {
      const free = [...this.numbers].find(([other, at]) => this.states[at] === 'waiting' && other <= this.total);
      if (free) {
        this.numbers.delete(free[0]);
        this.numbers.set(number, free[1]);
      }
    }
    return this.numbers.get(number);
  }

  mark(number, state, title = '') {
    const at = this.place(number);
    if (at === undefined) return;
    const before = this.states[at];
    // What has ended is not begun again.
    if (state === 'reading' && before !== 'waiting') return;
    this.states[at] = state;
    this.titles[at] = title || WORDS.cellTitle(number, WORDS.cell[state] ?? state);
    this.drawAt(at);
  }

  // These pages are being read, and no others.
  reading(numbers) {
    const now = new Set(numbers);
    for (const [number, at] of this.numbers) {
      if (this.states[at] === 'reading' && !now.has(number)) {
        this.states[at] = 'waiting';
        this.drawAt(at);
      }
    }
    for (const number of now) this.mark(number, 'reading');
  }

  current(index) {
    this.element?.classList.remove('current');
    this.element = this.elements[Math.floor(index / this.group)];
    this.element?.classList.add('current');
  }

  drawAt(at) {
    const cell = Math.floor(at / this.group);
    const element = this.elements[cell];
    const states = this.states.slice(cell * this.group, (cell + 1) * this.group);
    const worst = states.reduce((a, b) => (RANK[b] > RANK[a] ? b : a));
    const shown = worst === 'done' && states.includes('waiting') ? 'part' : worst;
    const current = element.classList.contains('current');
    element.className = current ? `${shown} current` : shown;
    element.title = this.titles[at];
  }

  label(text) {
    this.root.setAttribute('aria-label', text);
  }
}
