// The interface for programs, as this gateway describes it: drawn from its openapi.json.
import { copyText, el, iconButton, put } from './dom.js';
import { WORDS } from './words.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const DEEPEST = 4;
const main = document.getElementById('main');
const words = WORDS.docs;

async function start() {
  put(document.getElementById('nav'), el('a', { href: './#/' }, WORDS.documents), el('a', { href: './#/operation' }, WORDS.fleet), el('a', { href: 'docs', 'aria-current': 'page' }, WORDS.api));
  let told;
  try {
    const answer = await fetch('openapi.json', { credentials: 'same-origin' });
    if (!answer.ok) throw new Error(String(answer.status));
    told = await answer.json();
  } catch {
    put(main, el('p.note', { role: 'alert' }, WORDS.away));
    setTimeout(start, 2000);
    return;
  }
  new Reference(told).draw();
}

class Reference {
  constructor(told) {
    this.told = told;
  }

  draw() {
    const { info, paths } = this.told;
    const groups = new Map();
    for (const [path, calls] of Object.entries(paths)) {
      for (const method of METHODS.filter((each) => calls[each])) {
        const call = calls[method];
        const group = call.tags?.[0] ?? '';
        groups.set(group, [...(groups.get(group) ?? []), this.call(method, path, call)]);
      }
    }
    put(
      main,
      el(
        'div.docs', {},
        el('div', {}, el('h1', {}, `${words.title} ${info.version}`), el('p', {}, coded(info.description)), el('p.muted', {}, words.forPrograms, ' ', el('a', { href: 'openapi.json' }, 'openapi.json'))),
        [...groups].map(([name, calls]) => el('section', { 'aria-label': name }, el('h2', {}, words.groups[name] ?? name), calls)),
      ),
    );
  }

  call(method, path, told) {
    const body = el('div.call-body');
    const root = el('details.panel.call', {}, el('summary', {}, el(`span.method.${method}`, {}, method.toUpperCase()), el('code', {}, path), el('span.muted', {}, coded(firstSentence(told.description ?? told.summary)))), body);
    root.addEventListener('toggle', () => body.childElementCount || this.open(body, method, path, told));
    return root;
  }

  open(body, method, path, told) {
    const line = curl(method, path, told);
    const parts = [
      told.description && el('p', {}, coded(told.description)),
      el('div.commands', {}, el('pre', { tabindex: '0' }, line), iconButton('copy', WORDS.copy, () => copyText(line, WORDS.copied))),
      this.parameters(told.parameters ?? []),
      this.request(told.requestBody),
      this.answers(told.responses),
    ];
    put(body, parts);
  }

  parameters(all) {
    if (!all.length) return null;
    const rows = all.map((each) => [el('code', {}, each.name), each.required ? words.needed : words.places[each.in] ?? each.in, this.kind(each.schema), each.description ?? each.schema?.description ?? '']);
    return part(words.parameters, table([words.name, words.place, words.kind, words.about], rows));
  }

  request(told) {
    if (!told) return null;
    const kinds = Object.keys(told.content);
    const form = told.content['multipart/form-data'];
    return part(words.body, el('p', {}, kinds.join(', ')), form && this.fields(form.schema, 0));
  }

  answers(told) {
    const rows = Object.entries(told).map(([status, { description, content = {} }]) => {
      const [kind, { schema } = {}] = Object.entries(content)[0] ?? ['', {}];
      return [el('code', {}, status), description, el('span', {}, kind, Number(status) < 400 && schema ? this.fields(schema, 0) : null)];
    });
    return part(words.answers, table([words.status, words.about, words.body], rows));
  }

  // What a schema says of its fields, as a list in a list.
  fields(given, depth) {
    const schema = this.resolved(given);
    const inner = schema.type === 'array' ? this.resolved(schema.items ?? {}) : schema;
    const fields = Object.entries(inner.properties ?? {});
    if (!fields.length || depth >= DEEPEST) return null;
    return el('ul.fields-of', {}, fields.map(([name, each]) => el('li', {}, el('code', {}, name), ' ', el('span.muted', {}, [this.kind(each), each.description].filter(Boolean).join(': ')), this.fields(each, depth + 1))));
  }

  resolved(schema) {
    const any = (schema.anyOf ?? schema.allOf ?? []).find((each) => each.type !== 'null');
    if (any) return this.resolved(any);
    if (!schema.$ref) return schema;
    return this.told.components.schemas[schema.$ref.split('/').at(-1)] ?? {};
  }

  kind(schema = {}) {
    const choices = schema.anyOf?.map((each) => this.kind(each)).join(words.or);
    if (choices) return choices;
    if (schema.enum) return schema.enum.length > 12 ? words.oneOf(schema.enum.length, schema.enum.slice(0, 6).join(', ')) : schema.enum.join(' | ');
    if (schema.const !== undefined) return String(schema.const);
    if (schema.$ref) return schema.$ref.split('/').at(-1);
    if (schema.type === 'array') return words.listOf(this.kind(schema.items));
    const bounds = [schema.minimum !== undefined && `≥ ${schema.minimum}`, schema.maximum !== undefined && `≤ ${schema.maximum}`].filter(Boolean).join(', ');
    return [schema.format ?? schema.type ?? '', bounds].filter(Boolean).join(' ');
  }
}

const firstSentence = (text) => text.split(/[.:](?:\s|$)/)[0];
// What stands in `backticks` is code.
const coded = (text) => text.split('`').map((piece, at) => (at % 2 ? el('code', {}, piece) : piece));

function part(title, ...inside) {
  return el('div', {}, el('h3', {}, title), el('div.wide', { tabindex: '0' }, inside));
}

function table(heads, rows) {
  return el('table', {}, el('thead', {}, el('tr', {}, heads.map((head) => el('th', { scope: 'col' }, head)))), el('tbody', {}, rows.map((row) => el('tr', {}, row.map((cell) => el('td', {}, cell))))));
}

function curl(method, path, told) {
  const base = new URL('.', location.href).href.replace(/\/$/, '');
  const parts = ['curl'];
  if (method !== 'get') parts.push(`-X ${method.toUpperCase()}`);
  if (told.security?.length && !told.security.some((each) => Object.keys(each).length === 0)) parts.push("-H 'Authorization: Bearer KEY'");
  if (told.requestBody) parts.push('-F file=@scan.pdf');
  parts.push(`'${base}${path.replace('{job_id}', 'JOB')}'`);
  return parts.join(' ').replace('-X POST -F', '-F');
}

start();
