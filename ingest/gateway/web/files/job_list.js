// What was handed in, the open ones first; asked for again while the page is looked at.
import { Actions } from './actions.js';
import { get, repeat } from './api.js';
import { button, debounced, el, put, visible } from './dom.js';
import { duration, moment, WORDS } from './words.js';

const AT_FIRST = 25;
const FIRST = `limit=${AT_FIRST}`;
const MOST_ROUNDS = 5;
const OPEN = new Set(['queued', 'running', 'cancelling']);

// Asked for before anything is drawn: what is in the first answer is what people look for.
let ahead = null;
export function askAhead() {
  ahead = get(`/jobs?${FIRST}`, { quiet: true });
  ahead.catch(() => {});
}

export class JobList {
  // `actions`: whether each can be cancelled, read again, deleted from here.
  constructor({ setup, actions = false }) {
    Object.assign(this, { setup, actions });
    this.limit = AT_FIRST;
    this.rows = new Map();
    this.list = el('ul.jobs');
    this.note = el('p.muted.empty');
    this.more = button(WORDS.more, () => {
      this.limit = Math.min(this.limit * 2, 500);
      this.refresh();
    });
    this.more.hidden = true;
    this.state = el('select', { 'aria-label': WORDS.anyState }, el('option', { value: '' }, WORDS.anyState), Object.entries(WORDS.states).map(([value, text]) => el('option', { value }, text)));
    this.state.addEventListener('change', () => this.refresh());
    this.filter = el('input', { type: 'search', maxlength: '200', placeholder: WORDS.filter, 'aria-label': WORDS.filter });
    this.filter.addEventListener('input', debounced(200, () => this.refresh()));
    this.root = el(
      'section.job-list', { 'aria-labelledby': 'jobs-title' },
      el('div.section-head', {}, el('h2', { id: 'jobs-title' }, WORDS.jobs), el('div.tools', {}, this.filter, this.state)),
      this.note, this.list, this.more,
    );
    this.stop = repeat(2, () => this.ask());
  }

  leave() {
    this.stop();
  }

  refresh() {
    this.stop.now();
  }

  async ask() {
    const asked = this.query();
    let rounds = 0;
    let found = [];
    let cursor = null;
    try {
      const early = await ahead?.catch(() => null);
      ahead = null;
      // The gateway looks at some thousands at a time; what is sought may be older.
      do {
        const told = early && !cursor && asked === FIRST ? early : await get(`/jobs?${asked}${cursor ? `&cursor=${cursor}` : ''}`);
        ({ cursor } = told);
        found = found.concat(told.jobs);
        rounds += 1;
      } while (cursor && found.length < this.limit && rounds < MOST_ROUNDS && asked === this.query());
    } catch (refused) {
      put(this.note, refused.status ? refused.message : WORDS.away);
      this.note.hidden = false;
      throw refused;
    }
    if (asked !== this.query()) return 0; // another question meanwhile
    this.jobs = found.slice(0, this.limit);
    this.unseen = cursor !== null;
    this.more.hidden = !this.unseen || this.limit >= 500;
    this.draw();
    // A search through thousands takes the gateway seconds.
    const slow = rounds > 1 ? 20 : this.limit > 100 ? 4 : 1;
    return slow * (this.jobs.some((job) => OPEN.has(job.state)) ? 1 : 4);
  }

  query() {
    const asked = new URLSearchParams({ limit: this.limit });
    if (this.state.value) asked.set('state', this.state.value);
    const text = this.filter.value.trim();
    if (text) asked.set('text', text);
    return String(asked);
  }

  draw() {
    if (!this.jobs) return;
    const shown = this.jobs;
    this.note.hidden = shown.length > 0;
    this.note.textContent = this.unseen ? WORDS.noMatchYet : this.filter.value.trim() || this.state.value ? WORDS.noMatch : WORDS.noJobs;
    const kept = new Map();
    for (const job of shown) {
      const row = this.rows.get(job.job_id) ?? new Row(job, this);
      row.draw(job, this.setup);
      kept.set(job.job_id, row);
    }
    const rows = [...kept.values()].map((row) => row.root);
    // Moved only where the order has changed: the focus stays where it is.
    if (rows.length !== this.list.children.length || rows.some((row, at) => this.list.children[at] !== row)) this.list.replaceChildren(...rows);
    this.rows = kept;
  }
}

class Row {
  constructor(job, list) {
    this.jobs = list;
    this.name = el('a.job-name', { href: `#/job/${job.job_id}` });
    this.state = el('span.state');
    this.about = el('span.muted.about');
    this.bar = el('progress', { max: '1' });
    this.root = el('li.job', {}, this.name, this.state, this.about, this.bar);
    if (list.actions) this.act(job);
  }

  act(job) {
    this.refused = el('p.wrong', { role: 'alert' });
    this.actions = new Actions({ job, setup: this.jobs.setup, kind: 'quiet', done: (what) => this.done(what), refused: (why) => put(this.refused, why) });
    this.root.append(this.actions.root, this.refused);
  }

  done(what) {
    if (what === 'cancelled') {
      // Its question is answered; the list tells the rest.
      this.actions.job = { ...this.actions.job, state: 'cancelling' };
      this.actions.draw();
      this.name.focus();
    }
    put(this.refused);
    this.jobs.refresh();
  }

  draw(job, setup) {
    if (this.actions && this.actions.job.state !== job.state) {
      this.actions.job = job;
      if (!this.actions.asking) this.actions.draw();
    }
    const open = OPEN.has(job.state);
    setText(this.name, visible(job.filename));
    this.state.className = `state ${job.state}`;
    setText(this.state, WORDS.states[job.state] ?? job.state);
    const facts = [];
    if (open) facts.push(WORDS.pagesOf(job.pages_done, job.total_pages));
    else {
      const told = job.metrics ?? {};
      facts.push(WORDS.pageCount(job.total_pages ?? 0), WORDS.wordCount(told.total_words ?? 0));
      if (told.pages_failed) facts.push(WORDS.failedPages(told.pages_failed));
      facts.push(duration((told.total_duration_ms ?? 0) / 1000));
    }
    facts.push(moment(job.submitted_at));
    if (setup.sees_all && setup.keys) facts.push(visible(job.tenant));
    setText(this.about, facts.join(' · '));
    this.bar.hidden = !open;
    this.bar.setAttribute('aria-label', facts[0]);
    if (job.total_pages) this.bar.value = job.pages_done / job.total_pages;
    else this.bar.removeAttribute('value');
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
