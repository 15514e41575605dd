// A job that goes on: its pages light up as they are read.
import { get, jobPath, repeat } from './api.js';
import { Cells } from './cells.js';
import { el, put, say, visible } from './dom.js';
import { duration, WORDS } from './words.js';

const WINDOW_MS = 20000;
const SAY_EVERY_MS = 10000;

export class Watch {
  constructor({ job, setup, changed, ended }) {
    Object.assign(this, { job, setup, changed, ended, done: job.pages_done, total: job.total_pages ?? 0, failed: 0, said: 0 });
    this.samples = [];
    this.cells = new Cells();
    this.count = el('strong.count');
    this.rate = el('span.muted');
    this.bar = el('progress', { max: '1', 'aria-label': WORDS.states.running });
    this.losses = el('ul.losses');
    this.now = el('p.muted.now-line');
    this.note = el('p.note');
    this.note.hidden = true;
    this.root = el('section.panel.watch', {}, el('div.watch-line', {}, this.count, this.rate), this.bar, this.cells.root, this.now, this.losses, this.note);
    if (this.total) this.cells.size(this.total);
    this.draw();
    this.follow();
    this.tick = setInterval(() => this.sample(), 1000);
    this.stopLooking = repeat(2, () => this.look());
    this.seen = () => (document.visibilityState === 'hidden' ? this.source?.close() : this.follow());
    document.addEventListener('visibilitychange', this.seen);
  }

  leave() {
    this.left = true;
    this.source?.close();
    clearInterval(this.tick);
    this.stopLooking();
    document.removeEventListener('visibilitychange', this.seen);
  }

  // The browser comes back by itself, with the number of the last event that it has. Where it gives
  // up (an answer that is no stream), we begin anew: what was told already is told again.
  follow() {
    if (this.left || (this.source && this.source.readyState !== EventSource.CLOSED)) return;
    const source = new EventSource(`${jobPath(this.job.job_id)}/events`);
    this.source = source;
    const on = (name, work) => source.addEventListener(name, (event) => work(JSON.parse(event.data)));
    source.onopen = () => {
      this.note.hidden = true;
    };
    source.onerror = () => {
      put(this.note, WORDS.away);
      this.note.hidden = false;
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.follow(), 2000);
    };
    on('accepted', (event) => {
      this.open(event.total_pages);
    });
    on('page_done', (event) => {
      this.step(event);
      this.cells.mark(event.page_number, 'done', WORDS.cellTitle(event.page_number, WORDS.cell.done) + WORDS.readBy(visible(event.worker), (event.duration_ms / 1000).toFixed(1), event.attempts));
    });
    on('page_failed', (event) => {
      this.step(event);
      this.cells.mark(event.page_number, 'failed', WORDS.cellTitle(event.page_number, visible(event.error)));
      this.lose(event);
    });
    on('summary', () => {
      this.leave();
      this.ended();
    });
  }

  open(total) {
    if (this.total !== total || !this.cells.total) {
      this.total = total;
      this.cells.size(total);
    }
    this.changed('running');
    this.draw();
  }

  step(event) {
    if (this.total !== event.total) this.open(event.total);
    this.done = Math.max(this.done, event.done);
    this.draw();
  }

  lose(event) {
    this.lost ??= new Set();
    if (this.lost.has(event.page_number)) return;
    this.lost.add(event.page_number);
    this.failed = this.lost.size;
    const text = WORDS.pageProblem(event.page_number, visible(event.error, 300));
    if (this.losses.children.length < 20) this.losses.append(el('li', {}, text));
    say(text, { urgently: true });
  }

  sample() {
    const now = Date.now();
    this.samples.push([now, this.done]);
    while (this.samples.length > 2 && now - this.samples[0][0] > WINDOW_MS) this.samples.shift();
    this.draw();
    if (this.total && now - this.said > SAY_EVERY_MS) {
      this.said = now;
      say(WORDS.pagesOf(this.done, this.total));
    }
  }

  // Which pages are in hand, and what no event has told: a broker that was started again has
  // forgotten its events.
  async look() {
    const job = await get(jobPath(this.job.job_id));
    if (this.left) return;
    this.changed(job.state);
    if (job.total_pages && !this.total) this.open(job.total_pages);
    this.done = Math.max(this.done, job.pages_done);
    this.draw();
    if (job.ended_at) {
      this.leave();
      this.ended();
      return;
    }
    if (!this.setup.sees_all || !this.total) return;
    const { workers } = await get('/workers/status');
    const own = (page) => page.job_id === this.job.job_id;
    const busy = workers.filter((node) => node.current_pages.some(own));
    put(this.now, busy.map((node) => WORDS.readsNow(visible(node.name), node.current_pages.filter(own).map((page) => page.page_number).join(', '))).join(' · '));
    const pages = workers.flatMap((node) => node.current_pages).filter(own);
    this.cells.reading(pages.map((page) => page.page_number));
  }

  draw() {
    put(this.count, this.total ? WORDS.pagesOf(this.done, this.total) : WORDS.opening);
    if (this.total) this.bar.value = this.done / this.total;
    else this.bar.removeAttribute('value');
    const first = this.samples[0];
    const last = this.samples[this.samples.length - 1];
    const parts = [];
    if (first && last[0] - first[0] >= 2000 && last[1] > first[1]) {
      const rate = (last[1] - first[1]) / ((last[0] - first[0]) / 1000);
      parts.push(WORDS.perSecond(rate.toFixed(rate < 10 ? 2 : 0)));
      if (this.done < this.total) parts.push(WORDS.left(duration((this.total - this.done) / rate)));
    }
    if (this.failed) parts.push(WORDS.failedPages(this.failed));
    put(this.rate, parts.join(' · '));
    this.cells.label(WORDS.cellsLabel(this.done, this.total, this.failed));
  }
}
