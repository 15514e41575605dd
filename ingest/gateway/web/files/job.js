// One job: watched while it goes on, then its result.
import { ask, get, jobPath, pagesPath, Refused, repeat } from './api.js';
import { button, el, put, say, visible } from './dom.js';
import { Actions } from './actions.js';
import { Watch } from './watch.js';
import { duration, moment, number, percent, size, WORDS } from './words.js';

const OPEN = new Set(['queued', 'running', 'cancelling']);
const MOST_PROBLEMS = 20;

export function show(root, { setup, where }) {
  const view = new JobView(root, setup, where);
  return { leave: () => view.leave(), go: (there) => view.go(there) };
}

class JobView {
  constructor(root, setup, where) {
    Object.assign(this, { setup, where, id: where.id, left: false });
    this.title = el('h1.job-title', {}, '\u2026');
    this.state = el('span.state');
    this.facts = el('dl.facts');
    this.actions = el('div.job-actions');
    this.problems = el('div');
    this.body = el('div.job-body');
    put(
      root,
      el('p.back', {}, el('a', { href: '#/' }, `\u2190 ${WORDS.back}`)),
      el('div.job-head', {}, el('div.job-name-line', {}, this.title, this.state), this.actions),
      this.facts, this.problems, this.body,
    );
    this.load();
  }

  leave() {
    this.left = true;
    this.part?.leave?.();
    this.waiting?.();
  }

  go(where) {
    this.where = where;
    if (this.result) this.result.go(where);
  }

  // Asked for until there is an answer: the gateway may be starting again.
  load() {
    this.waiting?.();
    this.waiting = repeat(2, async () => {
      try {
        this.job = await get(jobPath(this.id));
      } catch (refused) {
        const gone = refused instanceof Refused && refused.status === 404;
        put(this.problems, el('p.note', { role: 'alert' }, gone ? WORDS.gone : refused.message || WORDS.away));
        if (gone) {
          put(this.title, WORDS.gone);
          put(this.problems);
          this.waiting();
        }
        throw refused;
      }
      this.waiting();
      if (!this.left) this.draw();
      return 3600;
    });
  }

  draw() {
    const { job } = this;
    const name = visible(job.filename);
    document.title = `${name} · distributed-ocr`;
    put(this.title, name);
    put(this.problems);
    this.drawState(job.state);
    const open = OPEN.has(job.state);
    this.drawFacts(job, open);
    this.drawActions();
    this.part?.leave?.();
    if (open) {
      this.part = new Watch({ job, setup: this.setup, changed: (state) => this.drawState(state), ended: () => this.end() });
      put(this.body, this.part.root);
      return;
    }
    this.drawProblems(job.metrics?.errors ?? []);
    this.showResult();
  }

  end() {
    this.ending = true;
    this.load();
  }

  async showResult() {
    const { Result } = await import('./result.js');
    if (this.left) return;
    if (this.ending) say(WORDS.ended(visible(this.job.filename), WORDS.states[this.job.state]));
    this.result = new Result({ job: this.job, setup: this.setup, where: this.where });
    this.part = this.result;
    put(this.body, this.result.root);
  }

  drawState(state) {
    this.state.className = `state ${state}`;
    put(this.state, WORDS.states[state] ?? state);
  }

  drawFacts(job, open) {
    const told = job.metrics;
    const facts = [];
    if (!open && told) {
      facts.push([WORDS.facts.pages, number(told.total_pages)], [WORDS.facts.words, number(told.total_words)]);
      if (told.total_lines) facts.push([WORDS.facts.confidence, percent(told.avg_confidence)]);
      facts.push([WORDS.facts.time, duration(told.total_duration_ms / 1000)], [WORDS.facts.size, size(told.file_size_bytes)]);
    }
    facts.push([WORDS.facts.since, moment(job.submitted_at)]);
    put(this.facts, facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))), el('div', {}, el('dt', {}, WORDS.facts.id), el('dd.id', {}, job.job_id)));
  }

  drawActions() {
    const actions = new Actions({
      job: this.job,
      setup: this.setup,
      done: (what) => {
        if (what === 'deleted') location.hash = '#/';
        else {
          this.drawState('cancelling');
          put(this.actions);
        }
      },
      refused: (why) => put(this.problems, el('p.note', { role: 'alert' }, why)),
    });
    put(this.actions, actions.root);
  }

  // Pages that were given up, and whose images are kept: what is read now becomes the next revision
  // of the result.
  async offerReplay(place) {
    const { pages } = await get(`${pagesPath(this.id)}/dead`);
    if (this.left || !pages.length) return;
    const again = button(WORDS.readAgain(pages.length), async () => {
      again.disabled = true;
      put(again, WORDS.readingAgain);
      say(WORDS.readingAgain);
      const before = this.job.revision;
      try {
        await ask(`${pagesPath(this.id)}/replay`, { method: 'POST' });
      } catch (refused) {
        put(place, el('p.note', { role: 'alert' }, refused.message));
        return;
      }
      this.waiting?.();
      this.waiting = repeat(1, async () => {
        const job = await get(jobPath(this.id));
        if (job.revision === before) return;
        this.waiting();
        this.job = job;
        if (!this.left) this.draw();
      });
    });
    put(place, again);
  }

  drawProblems(errors) {
    if (!errors.length) return;
    const replay = el('p.replay');
    this.offerReplay(replay).catch(() => {});
    const shown = errors.slice(0, MOST_PROBLEMS).map((error) => el('li', {}, visible(error, 600)));
    if (errors.length > MOST_PROBLEMS) shown.push(el('li.muted', {}, WORDS.moreProblems(errors.length - MOST_PROBLEMS)));
    put(this.problems, el('details.panel.problems', { open: errors.length < 4 }, el('summary', {}, el('strong', {}, WORDS.problems), el('span.muted', {}, String(errors.length))), el('ul', {}, shown), replay));
  }
}
