// What was read on a page: line by line with its confidence, as text, as Markdown.
import { el, put } from './dom.js';
import { kindOf, matchesIn, wordsOf } from './words_of_page.js';
import { WORDS } from './words.js';

const VIEWS = ['lines', 'text', 'markdown'];

export class TextPane {
  constructor({ pointed, picked }) {
    this.view = 'lines';
    this.tabs = el('div.segments', { role: 'group', 'aria-label': WORDS.viewsLabel });
    for (const view of VIEWS) {
      this.tabs.append(el('button', { type: 'button', 'data-view': view, 'aria-pressed': String(view === this.view), onclick: () => this.choose(view) }, WORDS.views[view]));
    }
    this.root = el('div.text', { tabindex: '0', role: 'region', 'aria-label': WORDS.views.text });
    this.root.addEventListener('pointerover', (event) => {
      const word = event.target.closest('[data-at]');
      this.highlight(word);
      pointed(word ? Number(word.dataset.at) : null);
    });
    this.root.addEventListener('pointerleave', () => {
      this.highlight(null);
      pointed(null);
    });
    this.root.addEventListener('click', (event) => {
      const word = event.target.closest('[data-at]');
      if (word && getSelection().isCollapsed) picked(Number(word.dataset.at));
    });
  }

  choose(view) {
    this.view = view;
    for (const each of this.tabs.children) each.setAttribute('aria-pressed', String(each.dataset.view === view));
    this.draw();
  }

  show(page, wanted) {
    this.page = page;
    this.words = wordsOf(page);
    this.wanted = wanted;
    this.doubt = -1;
    this.draw();
    this.root.scrollTop = 0;
  }

  draw() {
    if (!this.page) return;
    this.spans = [];
    if (this.view !== 'lines') {
      put(this.root, el('pre', { dir: 'auto' }, this.page[this.view] || WORDS.noText));
      return;
    }
    if (this.words.length === 0) {
      put(this.root, el('p.muted.empty', {}, WORDS.noText));
      return;
    }
    const lines = this.page.lines.map(() => el('p.line', { dir: 'auto' }));
    for (const word of this.words) {
      const kind = kindOf(word.confidence);
      const span = el('span', { class: kind || undefined, 'data-at': word.at, title: kind ? `${Math.round(word.confidence * 100)} %` : undefined }, word.text);
      this.spans.push(span);
      const line = lines[word.line];
      if (line.childNodes.length) line.append(' ');
      line.append(span);
    }
    put(this.root, lines);
    this.mark(this.wanted);
  }

  shownText() {
    if (!this.page) return '';
    return this.view === 'markdown' ? this.page.markdown : this.page.text;
  }

  mark(wanted) {
    this.wanted = wanted;
    for (const span of this.spans ?? []) span.classList.remove('match', 'here');
    this.matches = this.words ? matchesIn(this.words, wanted) : [];
    for (const at of this.matches.flat()) this.spans[at]?.classList.add('match');
  }

  revealMatch(nth, { focus }) {
    if (this.view !== 'lines') this.choose('lines');
    for (const span of this.spans) span.classList.remove('here');
    const match = this.matches[Math.min(nth, this.matches.length - 1)];
    if (!match) return;
    for (const at of match) this.spans[at].classList.add('here');
    this.scrollTo(this.spans[match[0]]);
    if (focus && document.activeElement === document.body) this.root.focus({ preventScroll: true });
  }

  word(at) {
    return this.words[at];
  }

  forgetDoubt() {
    this.doubt = -1;
  }

  nextDoubtful() {
    const next = (this.words ?? []).find((word) => word.at > this.doubt && kindOf(word.confidence) === 'doubtful');
    if (!next) return null;
    this.doubt = next.at;
    return next.at;
  }

  reveal(at) {
    if (this.view !== 'lines') this.choose('lines');
    this.point(at);
    if (this.spans[at]) this.scrollTo(this.spans[at]);
  }

  point(at) {
    this.highlight(at === null ? null : this.spans?.[at]);
  }

  highlight(span) {
    if (this.shown === span) return;
    this.shown?.classList.remove('pointed');
    span?.classList.add('pointed');
    this.shown = span;
  }

  // Within the pane: the page around it stays where it is.
  scrollTo(span) {
    const pane = this.root.getBoundingClientRect();
    const place = span.getBoundingClientRect();
    if (place.top < pane.top + 24 || place.bottom > pane.bottom - 24) {
      this.root.scrollTop += place.top - pane.top - pane.height / 2;
    }
  }
}
