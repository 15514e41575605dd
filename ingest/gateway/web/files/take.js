// Every format, one click each; and the lines that do the same without this page.
import { ask, jobPath } from './api.js';
import { copyText, el, iconButton, put } from './dom.js';
import { WORDS } from './words.js';

export class Take {
  constructor({ job, setup }) {
    Object.assign(this, { job, setup });
    this.root = el('div.take');
    this.note = el('p.note', { role: 'alert' });
    this.note.hidden = true;
  }

  draw() {
    if (this.root.childNodes.length) return;
    put(
      this.root,
      el('p.muted', {}, WORDS.takeHint), this.note,
      el('ul.formats-list', {}, this.setup.formats.map((format) => this.format(format))),
      el('h2', {}, WORDS.commands), el('p.muted', {}, this.setup.keys && `${WORDS.commandHint} `, WORDS.natsHint),
      el('dl.commands', {}, this.commands().map(([name, line]) => [el('dt', {}, name), el('dd', {}, el('code', { tabindex: '0' }, line), iconButton('copy', `${WORDS.copy}: ${name}`, () => copyText(line, WORDS.copied)))])),
    );
  }

  format({ name, suffix, at_hand: atHand }) {
    const [title, what] = WORDS.formatNames[name] ?? [name, ''];
    const path = `${jobPath(this.job.job_id)}/${name}`;
    const told = el('span.muted', {}, what);
    const link = el('a.format', { href: path, download: '' }, el('strong', {}, title), told, el('span.suffix', { 'aria-hidden': 'true' }, suffix));
    if (!atHand) {
      // Made first: a refusal is to be read here, not saved as a file.
      link.addEventListener('click', async (event) => {
        if (this.made?.has(name)) return;
        event.preventDefault();
        if (link.getAttribute('aria-busy')) return;
        link.setAttribute('aria-busy', 'true');
        put(told, WORDS.making);
        this.note.hidden = true;
        try {
          await this.make(path);
          (this.made ??= new Set()).add(name);
          put(told, what);
          link.removeAttribute('aria-busy');
          link.click();
        } catch (refused) {
          put(told, what);
          link.removeAttribute('aria-busy');
          put(this.note, `${title}: ${refused.message}`);
          this.note.hidden = false;
        }
      });
    }
    return el('li', {}, link);
  }

  async make(path) {
    for (;;) {
      const stop = new AbortController();
      try {
        // Its first bytes are there once it is made; the rest comes with the download.
        const answer = await ask(path, { signal: stop.signal });
        stop.abort();
        return answer.status;
      } catch (refused) {
        if (refused.kind !== 'urn:distributed-ocr:format-being-made') throw refused;
      }
    }
  }

  commands() {
    const { origin } = location;
    const id = this.job.job_id;
    const key = this.setup.keys ? " -H 'Authorization: Bearer KEY'" : '';
    const own = this.setup.keys ? ' --api-key KEY' : '';
    return [
      [WORDS.byHttp, `curl -OJ${key} ${origin}/jobs/${id}/pdf`],
      [WORDS.byDocr, `docr result ${id} --format pdf --out document.pdf --url ${origin}${own}`],
      // The answer names the object; it stands between quotes, as everything in JSON.
      [WORDS.byNats, `nats object get OUTPUTS "$(nats req --raw ocr.outputs.make '{"job_id": "${id}", "format": "pdf"}' | sed 's/.*"object": *"\\([^"]*\\).*/\\1/')" --output document.pdf`],
      [WORDS.handIn, `curl${key} -F file=@scan.pdf ${origin}/jobs`],
      // A document may hold by chance what nats takes for a template.
      [`${WORDS.handIn} (nats)`, 'nats req ocr.jobs.submit --force-stdin --no-templates < scan.pdf'],
    ];
  }
}
