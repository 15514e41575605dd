// Every text that the page shows, in English. A translation is another module with these names.

export const WORDS = {
  documents: 'Documents', fleet: 'Operation', api: 'API', signOut: 'Sign out', stillSignedIn: 'The gateway could not be reached: this browser is still signed in. Try again in a moment.', skip: 'Skip to content',
  // For who hears a button without what stands beside it.
  actionOn: (action, name) => `${action} ${name}`, actionIn: (action, name) => `${action}, ${name}`,
  signedInAs: (name) => `Signed in as ${name}`,
  // Signing in
  signInTitle: 'Sign in', key: 'API key', signIn: 'Sign in',
  signInWhy: 'This system asks for a key. Its operator has them. The key is not kept in this browser: a signed cookie is, until you sign out or have not used this page for 12 hours.',
  // Handing in
  dropTitle: 'Drop scans here', dropWhat: 'PDF, PNG, JPEG, TIFF, WebP, GIF, BMP, JPEG 2000, AVIF, HEIC, or a ZIP of them. A picture can be pasted, too.',
  choose: 'Choose files', onTheWay: 'On their way',
  options: 'Options', language: 'Language', mode: 'Pages that have text already',
  modes: { auto: 'Take their text where it can be trusted', ocr: 'Read every page', text: 'Take text only, read nothing' },
  quality: 'Care', qualities: { fast: 'Fast', balanced: 'Balanced', best: 'Best: doubtful pages again' },
  dpi: 'Resolution of PDF pages (dpi)', pages: 'Pages', pagesHint: 'all, or 1-3,7', password: 'Password of the document',
  passwordHint: 'for encrypted PDFs and ZIPs', formats: 'Make as well', wrongPages: 'Pages look like 1-3,7 or 5-',
  wrongDpi: (least, most) => `The resolution is a whole number from ${least} to ${most}`,
  noPasswords: 'this gateway takes none: its operator has not set OCR_SECRET_KEY',
  handedIn: (name) => `${name} was handed in`,
  // Uploads
  uploading: (percent) => `${percent} % uploaded`, waits: 'waits for its turn', checking: 'being checked', storing: 'being stored',
  refused: 'Not taken', tryAgain: 'Try again', dismiss: 'Dismiss', stopUpload: 'Stop', reconnecting: 'the connection broke; trying again',
  tooLarge: (limit) => `It is over this gateway's limit of ${limit}. Split it, or ask the operator to raise MAX_UPLOAD_MB.`,
  empty: 'The file is empty. Check how it was saved.', unreadable: 'The file cannot be read any more. Was it moved or removed?',
  folder: 'Folders cannot be dropped. Open the folder, and drop its files.',
  pasted: 'pasted picture',
  // Kinds of file that people take for documents
  kinds: {
    office: 'This is an office document. Export it as PDF, and hand that in.', postscript: 'This is PostScript. Turn it into a PDF first (ps2pdf does it).',
    djvu: 'This is DjVu. Turn it into a PDF first (ddjvu -format=pdf does it).', svg: 'This is a drawing (SVG). Export it as PDF or PNG.',
    html: 'This is a web page. Print it as PDF, and hand that in.', archive: 'This is an archive of a kind that is not opened. Make a ZIP of the files in it.',
    text: 'This is plain text: there is nothing to read on it.', photoshop: 'This is a Photoshop file. Export it as PNG.', jxl: 'This is JPEG XL. Export it as PNG or JPEG.',
    program: 'This is a program, not a document.', media: 'This is sound or video, not a document.',
  },
  // Jobs
  jobs: 'Documents', noJobs: 'Nothing has been handed in yet. What you drop above appears here.', more: 'Show more', filter: 'Filter by name or id',
  anyState: 'In any state', noMatch: 'No document matches.', noMatchYet: 'None of the latest documents matches; those before them were not looked at.',
  states: { queued: 'Waiting', running: 'Being read', cancelling: 'Being cancelled', success: 'Read', partial_success: 'Partly read', failed: 'Failed', cancelled: 'Cancelled' },
  pagesOf: (done, total) => (total ? `${done} of ${total} pages` : 'not opened yet'),
  pageCount: (n) => (n === 1 ? '1 page' : `${n} pages`), wordCount: (n) => (n === 1 ? '1 word' : `${number(n)} words`),
  failedPages: (n) => (n === 1 ? '1 page failed' : `${n} pages failed`),
  away: 'The gateway cannot be reached. Nothing is lost; this page goes on as soon as it answers.',
  // One job
  back: 'All documents', cancel: 'Cancel', remove: 'Delete', sureCancel: 'Cancel this document? What has been read so far is kept.',
  sureRemove: 'Delete this document with all that was read? This cannot be undone.', yes: 'Yes', no: 'No',
  again: 'Read again', howAgain: 'The same pages and formats again. How?', languageAsBefore: 'Language as before', modeAsBefore: 'Pages with text as before',
  readAgain: (n) => (n === 1 ? 'Read the failed page again' : `Read the ${n} failed pages again`), readingAgain: 'Being read again', perSecond: (rate) => `${rate} pages/s`, left: (time) => `about ${time} left`, opening: 'being opened',
  cellsLabel: (done, total, failed) => `${done} of ${total} pages read${failed ? `, ${failed} failed` : ''}`,
  cell: { waiting: 'waits', reading: 'is being read', done: 'read', failed: 'failed' },
  cellTitle: (page, state) => `Page ${page} ${state}`, readBy: (node, seconds, attempts) => ` by ${node}${seconds ? ` in ${seconds} s` : ''}${attempts > 1 ? `, at attempt ${attempts}` : ''}`,
  readsNow: (node, pages) => `${node}: page ${pages}`,
  problems: 'What went wrong', pageProblem: (page, why) => `Page ${page}: ${why}`, moreProblems: (n) => `and ${n} more`,
  ended: (name, state) => `${name}: ${state}`, gone: 'There is no such document. It was deleted, or its time is over.',
  facts: { pages: 'Pages', words: 'Words', confidence: 'Confidence', time: 'Time', size: 'Size', language: 'Language', since: 'Handed in', id: 'Id' },
  // The result
  views: { check: 'Check', lines: 'Lines', text: 'Text', markdown: 'Markdown', take: 'Take away' }, viewsLabel: 'What is shown of the page',
  page: 'Page', pageOf: (total) => `of ${total}`, previous: 'Previous page', next: 'Next page', find: 'Find in document', findNext: 'Next match', findPrevious: 'Previous match',
  matches: (place, total) => (total ? `${place} of ${total}` : 'not found'), doubt: 'Next doubtful word', doubtWord: (word, percent, page) => `${word}: ${percent} % certain, page ${page}`,
  noDoubt: 'No word of this document is doubtful', copy: 'Copy', copied: 'Copied', zoomIn: 'Larger', zoomOut: 'Smaller', fit: 'Fit', turn: 'Turn',
  sheet: (page) => `Page ${page}, with what was read on it`, sheetHint: 'Scroll or drag to move, Ctrl and wheel or + and − to zoom',
  certain: 'certain', unsure: 'below 93 %', doubtful: 'below 80 %', legend: 'Confidence', noText: 'Nothing was read on this page.', blank: 'This page is blank.',
  textLayer: 'The text of this page comes from the document itself.', failedPage: (why) => `This page could not be read: ${why}`, drawn: 'The image of this page is not at hand. What was read is drawn where it stood.',
  loading: 'Loading', noResult: 'Nothing was read before this document ended.', pagesIn: 'Pages of this document', readIn: (node, seconds) => `read by ${node} in ${seconds} s`,
  // Taking away
  takeHint: 'Formats that are not at hand are made when they are first asked for, then kept.',
  formatNames: {
    text: ['Text', 'plain, page after page'], markdown: ['Markdown', 'with headings, lists and tables'], json: ['JSON', 'metrics, pages, lines, words, polygons'],
    jsonl: ['JSON Lines', 'a page a line'], pdf: ['Searchable PDF', 'the document, with text to select'], hocr: ['hOCR', 'text and boxes'], alto: ['ALTO XML', 'for libraries and archives'],
    tsv: ['TSV', "Tesseract's columns"], page: ['PAGE XML', 'for transcription tools'],
  },
  making: 'being made', commands: 'The same from a shell', commandHint: 'KEY is your API key.', natsHint: 'The nats command finds the broker by NATS_URL, or by its context.', byHttp: 'With curl', byNats: 'With nats', byDocr: 'With docr', handIn: 'Hand in a document like this one',
  // Operation
  nodes: 'Nodes', noNodes: 'No node has told of itself in the last hour. Start one with: docr node', node: { name: 'Node', state: 'State', engine: 'Engine', speed: 'Pages/s', cost: 'Core-s a page', memory: 'Memory', pages: 'Pages', errors: 'Errors', now: 'Reads now' },
  nodeStates: { healthy: 'healthy', starting: 'starting', stopping: 'stopping', lost: 'lost' }, seen: (seconds) => `silent for ${seconds} s`,
  waitingJobs: 'documents waiting', runningJobs: 'being read', pagesWaiting: 'pages wait', pagesInHand: 'pages in hand',
  queue: 'Queue of pages', waiting: 'Pages that wait', oldest: 'The oldest waits', mostWere: (most) => `at most ${most}`, lastHour: 'the last hour', sinceStart: (time) => `since ${time}, when this gateway started`,
  chartTold: (name, now, most) => `${name}: ${now} now, at most ${most}`, unserved: (n) => `${n === 1 ? 'A page waits' : `${n} pages wait`} in a language that no node reads.`,
  dead: 'Given-up pages', deadHint: 'Their images and reasons are kept. Reading them again makes the next revision of the document\u2019s result.', openDocument: 'Open', deadImage: (page) => `Page ${page} as it was given up`,
  diedAt: (attempts, node, time) => `${attempts === 1 ? '1 attempt' : `${attempts} attempts`}${node ? `, the last by ${node}` : ''}, ${time}`, readOneAgain: 'Read again', inQueueAgain: 'In the queue again', morePages: (n) => `${n} more`,
  noDead: 'None: every page was read, or failed for a reason of its own.', languagesOf: (n) => (n === 1 ? '1 language' : `${n} languages`),
  // The interface
  docs: {
    title: 'Interface', forPrograms: 'For programs, as OpenAPI:', groups: { jobs: 'Documents', outputs: 'Results', waiting: 'In one request', status: 'The system' },
    needed: 'needed', places: { query: 'address', path: 'address', header: 'header' }, parameters: 'Parameters', name: 'Name', place: 'Where', kind: 'Kind', about: 'What', body: 'Body', answers: 'Answers', status: 'Status',
    or: ' or ', oneOf: (n, some) => `one of ${n}: ${some}, \u2026`, listOf: (kind) => `list of ${kind}`,
  },
};

const NUMBER = new Intl.NumberFormat('en');
export const number = (value) => NUMBER.format(value);

export function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} KB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

export function duration(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

const MOMENT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
export const moment = (text) => MOMENT.format(new Date(text));
export const percent = (share) => `${(share * 100).toFixed(1)} %`;

let languageNames;
const OTHER_NAMES = {
  ch: 'Chinese (simplified)', chinese_cht: 'Chinese (traditional)', japan: 'Japanese', korean: 'Korean', french: 'French', german: 'German',
  rs_latin: 'Serbian (Latin)', rs_cyrillic: 'Serbian (Cyrillic)', latin: 'Latin letters, any', cyrillic: 'Cyrillic letters, any', arabic: 'Arabic letters, any',
  devanagari: 'Devanagari, any', eslav: 'East Slavic, any', ka: 'Kannada', ang: 'Angika', sck: 'Sadri', bh: 'Bihari', ava: 'Avaric', che: 'Chechen', mah: 'Magahi',
};
export function languageName(code) {
  if (OTHER_NAMES[code]) return OTHER_NAMES[code];
  languageNames ??= new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' });
  try {
    return languageNames.of(code);
  } catch {
    return code;
  }
}

// [code, name], by name.
export function languageChoices(codes) {
  const order = new Intl.Collator('en');
  return codes.map((code) => [code, languageName(code)]).sort((a, b) => order.compare(a[1], b[1]));
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
export const clock = (seconds) => CLOCK.format(new Date(seconds * 1000));
