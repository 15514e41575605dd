// What was handed in, the open ones first; asked for again while the page is looked at.
import { get, repeat } from './api.js';
import { button, debounced, el, put, visible } from './dom.js';
import { duration, moment, WORDS } from './words.js';

const AT_FIRST = 25;
const OPEN = new Set(['queued', 'running', 'cancelling']);

export class JobList {
  constructor({ setup }) {
    this.setup = setup;
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
    this.filter = el('input', { type: 'search', placeholder: WORDS.filter, 'aria-label': WORDS.filter });
    this.filter.addEventListener('input', debounced(120, () => this.draw()));
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
    try {
      const state = this.state.value ? `&state=${this.state.value}` : '';
      const told = await get(`/jobs?limit=${this.limit}${state}`);
      this.jobs = told.jobs;
      this.more.hidden = told.cursor === null || this.limit >= 500;
    } catch (refused) {
      put(this.note, refused.status ? refused.message : WORDS.away);
      this.note.hidden = false;
      throw refused;
    }
    this.draw();
    return this.jobs.some((job) => OPEN.has(job.state)) ? 1 : 4;
  }

  draw() {
    if (!this.jobs) return;
    const wanted = this.filter.value.trim().toLowerCase();
    const shown = this.jobs.filter((job) => !wanted || job.filename.toLowerCase().includes(wanted) || job.job_id.toLowerCase().startsWith(wanted));
    this.note.hidden = shown.length > 0;
    this.note.textContent = wanted || this.state.value ? WORDS.noMatch : WORDS.noJobs;
    const kept = new Map();
    for (const job of shown) {
      const row = this.rows.get(job.job_id) ?? new Row(job);
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
  constructor(job) {
    this.name = el('a.job-name', { href: `#/job/${job.job_id}` });
    this.state = el('span.state');
    this.about = el('span.muted.about');
    this.bar = el('progress', { max: '1' });
    this.root = el('li.job', {}, this.name, this.state, this.about, this.bar);
  }

  draw(job, setup) {
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
