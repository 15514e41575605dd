// The result of a job: pages one at a time, beside what was read on them.
import { get, pagesPath } from './api.js';
import { Cells } from './cells.js';
import { button, copyText, debounced, el, icon, iconButton, put, say, visible } from './dom.js';
import { Sheet } from './sheet.js';
import { Take } from './take.js';
import { TextPane } from './text_pane.js';
import { WORDS } from './words.js';

const KEPT_PAGES = 12;
// As in the list of pages: see page_lines.entry_of.
const [NUMBER, STATUS, , , , DOUBTFUL] = [0, 1, 2, 3, 4, 5];

export class Result {
  constructor({ job, setup, where }) {
    Object.assign(this, { job, setup, path: pagesPath(job.job_id), index: -1, kept: new Map(), matches: [], matchAt: -1 });
    this.take = new Take({ job, setup });
    this.check = el('div.check', {}, el('p.muted', {}, WORDS.loading));
    this.tabs = el('div.tabs', {}, this.link('check', WORDS.views.check), this.link('take', WORDS.views.take));
    this.root = el('section.result', {}, this.tabs, this.check, this.take.root);
    this.keys = (event) => this.key(event);
    document.addEventListener('keydown', this.keys);
    this.start(where);
  }

  leave() {
    document.removeEventListener('keydown', this.keys);
    this.sheet?.leave();
    this.left = true;
  }

  link(tab, text) {
    return el('a', { href: `#/job/${this.job.job_id}/${tab}`, 'data-tab': tab }, text);
  }

  async start(where) {
    try {
      this.pages = (await get(`${this.path}/pages`)).pages;
    } catch (refused) {
      put(this.check, el('p.note', { role: 'alert' }, refused.message));
      this.showTab(where);
      return;
    }
    if (this.left) return;
    if (this.pages.length === 0) put(this.check, el('p.muted.empty', {}, WORDS.noResult));
    else this.build();
    this.go(where);
  }

  go(where) {
    this.showTab(where);
    // No page is looked at before somebody wants to see one.
    if (!this.pages?.length || (where.tab === 'take' && this.index < 0)) return;
    const at = where.page ? this.pages.findIndex((page) => page[NUMBER] === where.page) : Math.max(this.index, 0);
    if (at !== this.index) this.open(Math.max(at, 0));
  }

  showTab({ tab }) {
    const taking = tab === 'take';
    this.take.root.hidden = !taking;
    this.check.hidden = taking;
    if (taking) this.take.draw();
    for (const link of this.tabs.children) {
      if ((link.dataset.tab === 'take') === taking) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }

  build() {
    const total = this.pages.length;
    this.sheet = new Sheet({ pointed: (word) => this.text.point(word), picked: (word) => this.text.reveal(word), image: (index) => `${this.path}/image/${index}`, total });
    this.text = new TextPane({ pointed: (word) => this.sheet.point(word), picked: (word) => this.sheet.reveal(word) });
    this.number = el('input.page-number', { type: 'text', inputmode: 'numeric', 'aria-label': WORDS.page, autocomplete: 'off' });
    this.number.addEventListener('change', () => this.openNumber(this.number.value));
    this.previous = iconButton('left', WORDS.previous, () => this.open(this.index - 1));
    this.next = iconButton('right', WORDS.next, () => this.open(this.index + 1));
    this.finder = el('input', { type: 'search', placeholder: WORDS.find, 'aria-label': WORDS.find, maxlength: '200', autocomplete: 'off', spellcheck: 'false' });
    this.finder.addEventListener('input', debounced(300, () => this.find()));
    this.finder.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') {
        event.preventDefault();
        this.match(event.shiftKey ? -1 : 1);
      }
    });
    this.found = el('span.muted.found', { role: 'status' });
    this.steps = [iconButton('up', WORDS.findPrevious, () => this.match(-1)), iconButton('down', WORDS.findNext, () => this.match(1))];
    this.offerSteps();
    const doubtful = this.pages.reduce((sum, page) => sum + page[DOUBTFUL], 0);
    this.doubt = el('button.plain', { type: 'button', onclick: () => this.nextDoubt() }, WORDS.doubt, el('span.badge', {}, String(doubtful)));
    this.doubt.disabled = doubtful === 0;
    if (!doubtful) this.doubt.title = WORDS.noDoubt;
    this.cells = new Cells({ picked: (index) => this.open(index) });
    this.cells.size(total, this.pages.map((page) => page[NUMBER]));
    for (const page of this.pages) {
      const state = page[STATUS] === 'failed' ? 'failed' : page[DOUBTFUL] ? 'doubtful' : 'done';
      this.cells.mark(page[NUMBER], state, `${WORDS.page} ${page[NUMBER]}`);
    }
    this.cells.label(WORDS.pagesIn);
    this.cells.root.hidden = total < 2;
    this.about = el('p.muted.page-about');
    const copy = button('', () => copyText(this.text.shownText(), WORDS.copied), { 'aria-label': WORDS.copy });
    copy.append(icon('copy'), WORDS.copy);
    put(
      this.check,
      el(
        'div.toolbar', {},
        el('div.group', {}, this.previous, el('label.pager', {}, this.number, el('span.muted', {}, WORDS.pageOf(total))), this.next),
        el('div.group.finder', {}, el('span.with-icon', {}, icon('find'), this.finder), this.found, this.steps),
        el('div.group.end', {}, this.doubt),
      ),
      this.cells.root,
      (this.panes = el('div.panes', {}, el('div.pane.sheet-pane', {}, this.sheet.root), el('div.pane.text-pane', {}, el('div.pane-head', {}, this.text.tabs, copy), this.about, this.text.root))),
    );
  }

  openNumber(text) {
    const at = this.pages.findIndex((page) => page[NUMBER] === Number(text));
    if (at >= 0) this.open(at);
    else this.number.value = this.pages[this.index][NUMBER];
  }

  async open(index) {
    if (index < 0 || index >= this.pages.length) return null;
    this.index = index;
    const [number] = this.pages[index];
    this.number.value = number;
    this.previous.disabled = index === 0;
    this.next.disabled = index === this.pages.length - 1;
    this.cells.current(index);
    const hash = `#/job/${this.job.job_id}/check/${number}`;
    if (location.hash !== hash) history.replaceState(null, '', hash);
    let page;
    try {
      page = await this.page(index);
    } catch (refused) {
      put(this.about, refused.message);
      return null;
    }
    if (this.index !== index || this.left) return null;
    this.sheet.show(page, index, this.finder.value.trim());
    this.text.show(page, this.finder.value.trim());
    put(this.about, aboutPage(page));
    // The next one is at hand when it is asked for.
    if (index + 1 < this.pages.length) this.page(index + 1).catch(() => {});
    return page;
  }

  page(index) {
    const known = this.kept.get(index);
    this.kept.delete(index);
    const coming = known ?? get(`${this.path}/pages/${index}`);
    this.kept.set(index, coming);
    if (!known) coming.catch(() => this.kept.delete(index));
    for (const old of this.kept.keys()) {
      if (this.kept.size <= KEPT_PAGES) break;
      this.kept.delete(old);
    }
    return coming;
  }

  offerSteps() {
    for (const each of this.steps) each.hidden = this.matches.length === 0;
  }

  async find() {
    const wanted = this.finder.value.trim();
    this.matches = [];
    this.matchAt = -1;
    this.offerSteps();
    put(this.found);
    this.text.mark(wanted);
    this.sheet.mark(wanted);
    if (!wanted) return;
    let told;
    try {
      told = await get(`${this.path}/find?q=${encodeURIComponent(wanted)}`);
    } catch (refused) {
      put(this.found, refused.message);
      return;
    }
    if (this.finder.value.trim() !== wanted) return;
    this.matches = told.pages.flatMap(([index, count]) => Array.from({ length: Math.min(count, 500) }, (_, nth) => [index, nth]));
    this.matchAt = this.matches.findIndex(([index]) => index >= this.index) - 1;
    if (this.matchAt === -2) this.matchAt = -1;
    this.offerSteps();
    put(this.found, WORDS.matches(0, this.matches.length));
    if (this.matches.length) await this.match(1, { stay: true });
  }

  async match(step, { stay = false } = {}) {
    if (!this.matches.length) return;
    this.matchAt = (this.matchAt + step + this.matches.length) % this.matches.length;
    const [index, nth] = this.matches[this.matchAt];
    put(this.found, WORDS.matches(this.matchAt + 1, this.matches.length));
    if (index !== this.index) await this.open(index);
    this.text.point(null);
    this.sheet.point(null);
    this.bringIntoView();
    this.text.revealMatch(nth, { focus: !stay });
    this.sheet.revealMatch(nth);
  }

  // The next word that is worth a look, on this page or the next one that has any.
  async nextDoubt() {
    const after = this.text.nextDoubtful();
    if (after !== null) return this.tellDoubt(after);
    for (let step = 1; step <= this.pages.length; step += 1) {
      const index = (this.index + step) % this.pages.length;
      if (!this.pages[index][DOUBTFUL]) continue;
      if ((await this.open(index)) === null) return undefined;
      this.text.forgetDoubt();
      return this.tellDoubt(this.text.nextDoubtful());
    }
    return undefined;
  }

  // What is shown in a pane is of no use below the window's edge; narrow windows have one pane
  // below the other.
  bringIntoView() {
    if (this.panes.offsetHeight <= innerHeight) this.panes.scrollIntoView({ block: 'nearest' });
  }

  tellDoubt(at) {
    if (at === null) return;
    const word = this.text.word(at);
    this.bringIntoView();
    this.text.reveal(at);
    this.sheet.reveal(at);
    say(WORDS.doubtWord(visible(word.text), Math.round(word.confidence * 100), this.pages[this.index][NUMBER]));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.check.hidden || !this.pages?.length) return;
    if (event.target.closest('input, select, textarea')) return;
    const work = {
      PageDown: () => this.open(this.index + 1), PageUp: () => this.open(this.index - 1), n: () => this.nextDoubt(), '/': () => this.finder.focus(),
      '+': () => this.sheet.zoom(1.25), '-': () => this.sheet.zoom(0.8), 0: () => this.sheet.fit(), r: () => this.sheet.turn(),
    }[event.key];
    if (!work) return;
    // In a pane that scrolls they scroll, as everywhere.
    if (event.key.startsWith('Page') && event.target.closest('.sheet-view, .text')) return;
    event.preventDefault();
    work();
  }
}

function aboutPage(page) {
  if (page.status === 'failed') return WORDS.failedPage(visible(page.error, 600));
  const parts = [];
  if (page.document) parts.push(visible(page.document));
  if (page.source === 'blank') parts.push(WORDS.blank);
  else if (page.source === 'text_layer') parts.push(WORDS.textLayer);
  else parts.push(WORDS.readIn(visible(page.worker), (page.duration_ms / 1000).toFixed(1)));
  if (page.error) parts.push(visible(page.error, 600));
  return parts.join(' · ');
}
