// What can be known of a file before it is sent. Whoever passes here is looked at again by the
// gateway; what is refused here in error could never be read.
import { size, WORDS } from './words.js';

// Marks at the beginning of files that are no documents (ingest/document_kind.py has more words).
const MARKS = [
  ['office', [0xd0, 0xcf, 0x11, 0xe0]], ['office', '{\\rtf'], ['postscript', '%!PS'], ['djvu', 'AT&TFORM'], ['photoshop', '8BPS'],
  ['jxl', [0xff, 0x0a]], ['jxl', [0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c]], ['archive', 'Rar!'], ['archive', [0x37, 0x7a, 0xbc, 0xaf]],
  ['archive', [0x1f, 0x8b]], ['archive', 'BZh'], ['archive', [0xfd, 0x37, 0x7a, 0x58, 0x5a]], ['svg', '<svg'], ['html', '<!doctype html'],
  ['html', '<!DOCTYPE'], ['html', '<html'], ['program', [0x7f, 0x45, 0x4c, 0x46]], ['program', 'MZ'], ['media', 'ID3'], ['media', 'OggS'],
];
const IMAGES = ['\x89PNG', '\xff\xd8\xff', 'II*\0', 'MM\0*', 'II+\0', 'MM\0+', 'BM', 'GIF8', 'RIFF', '\xff\x4f\xff\x51', 'P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'PK'];

// A sentence, or null for a file that may be a document.
export async function wrongWith(file, setup) {
  if (file.size > setup.max_upload_bytes) return WORDS.tooLarge(size(setup.max_upload_bytes));
  let head;
  try {
    head = new Uint8Array(await file.slice(0, 1024).arrayBuffer());
  } catch {
    return file.type === '' && file.size % 4096 === 0 ? WORDS.folder : WORDS.unreadable;
  }
  if (head.length === 0) return WORDS.empty;
  const begin = String.fromCharCode(...head);
  if (begin.includes('%PDF-') || IMAGES.some((mark) => begin.startsWith(mark)) || begin.startsWith('ftyp', 4)) {
    return null;
  }
  const text = begin.replace(/^(\xef\xbb\xbf)?\s+/, '');
  for (const [kind, mark] of MARKS) {
    const wanted = typeof mark === 'string' ? mark : String.fromCharCode(...mark);
    if (begin.startsWith(wanted) || text.startsWith(wanted)) return WORDS.kinds[kind];
  }
  // eslint-disable-next-line no-control-regex
  if (!/[\x00-\x08\x0e-\x1f]/.test(begin)) return WORDS.kinds.text;
  return null;
}
